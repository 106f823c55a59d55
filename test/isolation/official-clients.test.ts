import {describeKeyTypes} from '../official-clients/key-types.suite.ts';
import {Scene} from '../official-clients/scene.ts';

describe('official clients, with keys in a process of their own', () => {
  describeKeyTypes({
    name: 'of the software module',
    start: () => Scene.start({environment: {WEBKMS_ISOLATION: 'process'}}),
  });
});
