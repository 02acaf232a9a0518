import { Router } from 'express';
import { may } from '../auth/policy.js';
import type { DashboardStore } from './dashboard-store.js';

export function dashboardRoutes(dashboard: DashboardStore): Router {
  const routes = Router();
  routes.get('/dashboard', may('dashboard.read'), async (_req, res) => {
    res.json(await dashboard.read());
  });
  return routes;
}
