import { Router } from 'express';
import type { DashboardStore } from './dashboard-store.js';

export function dashboardRoutes(dashboard: DashboardStore): Router {
  const routes = Router();
  routes.get('/dashboard', async (_req, res) => {
    res.json(await dashboard.read());
  });
  return routes;
}
