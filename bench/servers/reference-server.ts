/** The reference in a process of its own. Run: `node bench/servers/reference-server.ts <public host, with its port>` */
import {startReferenceServer} from '../../test/interop/reference-server.ts';

const [host = ''] = process.argv.slice(2);
const {port} = await startReferenceServer({host});
console.log(`listening on http://127.0.0.1:${port}`);
process.once('SIGTERM', () => process.exit());
