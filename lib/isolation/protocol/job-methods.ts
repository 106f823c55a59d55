import type {
  MaintenanceJob,
  MaintenanceJobStore,
  StoredMaintenanceJob,
} from '../../storage/maintenance-job-store.ts';
import type {MethodsOf} from '../../rpc/methods-of.ts';
import {
  boolean,
  count,
  done,
  fields,
  integer,
  list,
  maybe,
  object,
  oneOf,
  optional,
  text,
  tuple,
  type Members,
} from '../../rpc/shape.ts';

const jobMembers: Members<MaintenanceJob> = {
  id: text,
  steps: list(oneOf('rotate', 'rewrap', 'prune')),
  scope: optional(text),
  createdAt: integer,
  rotateBefore: optional(integer),
};
const storedJob = object<StoredMaintenanceJob>({
  ...jobMembers,
  progress: optional(text),
  finishedAt: optional(integer),
  failure: optional(text),
});

export const JOB_METHODS: MethodsOf<MaintenanceJobStore> = {
  insert: {parameters: tuple(object<MaintenanceJob>(jobMembers)), result: done, writes: true},
  findUnfinished: {parameters: tuple(), result: maybe(storedJob)},
  find: {parameters: tuple(text), result: maybe(storedJob)},
  listNewest: {parameters: tuple(fields({limit: count})), result: list(storedJob)},
  acquire: {
    parameters: tuple(text, fields({holder: text, now: integer, expiresAt: integer})),
    result: boolean,
    writes: true,
  },
  release: {parameters: tuple(text, text), result: done, writes: true},
  saveProgress: {
    parameters: tuple(text, fields({holder: text, progress: text})),
    result: boolean,
    writes: true,
  },
  finish: {
    parameters: tuple(text, fields({holder: text, finishedAt: integer, failure: optional(text)})),
    result: boolean,
    writes: true,
  },
};
