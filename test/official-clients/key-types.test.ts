import {describeKeyTypes} from './key-types.suite.ts';
import {Scene} from './scene.ts';

describeKeyTypes({name: 'of the software module', start: () => Scene.start()});
