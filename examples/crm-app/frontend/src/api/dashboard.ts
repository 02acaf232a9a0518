import type { DashboardResponse } from '@seaworthy-example/crm-api';
import { useQuery } from '@tanstack/react-query';
import { http } from './http.js';

export function useDashboard() {
  return useQuery({
    queryKey: ['dashboard'],
    queryFn: ({ signal }) => http.get<DashboardResponse>('/dashboard', { signal }),
  });
}
