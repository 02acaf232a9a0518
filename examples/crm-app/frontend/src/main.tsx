import '@seaworthy-example/ui/styles.css';
import './theme.css';
import { mountApp } from '@seaworthy-example/ui';
import { environment } from './api/http.js';
import { createAppRouter } from './router.js';

mountApp(createAppRouter(), { version: environment.appVersion, debug: environment.debugMode });
