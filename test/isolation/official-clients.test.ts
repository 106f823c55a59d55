import {describeKeyTypes} from '../official-clients/key-types.suite.ts';
import {Scene} from '../official-clients/scene.ts';
import {describeOnEachBackend} from './each-backend.ts';

describeOnEachBackend('official clients, with keys in a process of their own', ({name, storage}) => {
  describeKeyTypes({
    name: `of the software module, on ${name}`,
    start: async () => Scene.start({environment: {WEBKMS_ISOLATION: 'process', ...(await storage())}}),
  });
});
