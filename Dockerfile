# Two stages: the first compiles and installs, the second has what runs and nothing to build with.
#
#   docker build -t webkms-server .
#   docker run --read-only --cap-drop ALL --security-opt no-new-privileges \
#     -v webkms-data:/data -p 9443:9443 \
#     -e WEBKMS_BASE_URL=https://localhost:9443 webkms-server
#
# The volume holds the database, the root key and the certificate (docs/operating.md); backups go to it, or to another volume:
#   docker exec -it CONTAINER node bin/webkms.js admin backup /data/BACKUP
# A server whose root of trust is in shares is unhealthy until it is unsealed: do not let that restart it.
#
# Give settings as variables: the health
# check reads WEBKMS_TLS and WEBKMS_LISTEN, so that it asks where the server listens, whatever its public origin is.

FROM node:24-bookworm-slim AS build
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts --omit=optional
COPY tsconfig.json tsconfig.build.json ./
COPY bin bin
COPY lib lib
COPY schemas schemas
COPY types types
COPY scripts/write-manifest.ts scripts/
RUN npm run build && npm prune --omit=dev --omit=optional --ignore-scripts

FROM node:24-bookworm-slim
ENV NODE_ENV=production WEBKMS_DATA_DIR=/data WEBKMS_LISTEN=0.0.0.0:9443
WORKDIR /app
COPY --from=build /build/package.json ./
COPY --from=build /build/node_modules node_modules
COPY --from=build /build/dist dist
COPY --from=build /build/bin bin
# What the image is made of, Node.js included; its digest is in the build's output. To have the server refuse to start where anything is
# another: -e WEBKMS_SELF_CHECK=enforce (docs/guides/self-check.md).
RUN NODE_DISABLE_COMPILE_CACHE=1 node bin/webkms.js admin self-check --record /app/manifest.json
ENV WEBKMS_SELF_CHECK_MANIFEST=/app/manifest.json
RUN mkdir -m 0700 /data && chown node:node /data
USER node
VOLUME /data
EXPOSE 9443
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=5s CMD ["node", "-e", "\
  const client = process.getBuiltinModule(process.env.WEBKMS_TLS === 'off' ? 'http' : 'https'); \
  const port = process.env.WEBKMS_LISTEN.split(':').at(-1); \
  client.get({host: '127.0.0.1', port, path: '/health/ready', rejectUnauthorized: false}, \
    ({statusCode}) => process.exit(statusCode === 200 ? 0 : 1)).on('error', () => process.exit(1))"]
CMD ["node", "bin/webkms.js", "serve"]
