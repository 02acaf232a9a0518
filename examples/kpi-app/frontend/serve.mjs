// Serves the built pages on :3000, as a static host would.
import { pagesService } from '@seaworthy-example/server/serve-pages';

await pagesService('kpi-frontend').run();
