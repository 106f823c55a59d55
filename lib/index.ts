// The public API: to run the server inside another program, as `webkms serve` does.
export {startServer, type RunningServer, type ServerOptions} from './app.ts';
export {loadSettings, type LoadSettingsOptions} from './config/load-settings.ts';
export {SettingsError, type SettingProblem} from './config/settings-error.ts';
export {type Settings} from './config/settings.ts';
export {createLogger, type LoggerOptions} from './observability/logger.ts';
