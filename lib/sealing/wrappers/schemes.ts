import type {RootWrapperScheme} from '../root-wrapper.ts';
import {FileWrapper} from './file-wrapper.ts';

/** Every kind of root of trust that there is, by the scheme of its URI. */
export const ROOT_WRAPPER_SCHEMES: ReadonlyMap<string, RootWrapperScheme> = new Map([['file', FileWrapper]]);
