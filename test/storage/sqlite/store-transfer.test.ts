import {describeStoreTransfer} from '../store-transfer.suite.ts';
import {openHandles} from './temporary-store.ts';

describeStoreTransfer({name: 'SQLite', open: openHandles});
