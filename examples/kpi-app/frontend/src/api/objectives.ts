import type {
  CheckInResponse,
  CreateCheckInRequest,
  CreateKeyResultRequest,
  CreateObjectiveRequest,
  KeyResultResponse,
  ObjectiveFilter,
  ObjectiveResponse,
  ObjectivesResponse,
  UpdateObjectiveRequest,
} from '@seaworthy-example/kpi-api';
import {
  keepPreviousData,
  type QueryClient,
  useMutation,
  useQuery,
  useQueryClient,
} from '@tanstack/react-query';
import { http } from './http.js';

export function useObjectives(filter: ObjectiveFilter) {
  return useQuery({
    queryKey: ['objectives', filter],
    queryFn: async ({ signal }) =>
      (await http.get<ObjectivesResponse>('/objectives', { signal, query: { ...filter } })).objectives,
    placeholderData: keepPreviousData,
  });
}

export function useObjective(id: string) {
  return useQuery({
    queryKey: ['objective', id],
    queryFn: async ({ signal }) =>
      (await http.get<ObjectiveResponse>(`/objectives/${id}`, { signal })).objective,
  });
}

export function useCreateObjective() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (request: CreateObjectiveRequest) => http.post<ObjectiveResponse>('/objectives', request),
    onSuccess: () => refreshProgress(client),
  });
}

export function useUpdateObjective(id: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (request: UpdateObjectiveRequest) =>
      http.patch<ObjectiveResponse>(`/objectives/${id}`, request),
    onSuccess: () => refreshProgress(client),
  });
}

export function useCreateKeyResult(objectiveId: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (request: CreateKeyResultRequest) =>
      http.post<KeyResultResponse>(`/objectives/${objectiveId}/key-results`, request),
    onSuccess: () => refreshProgress(client),
  });
}

export function useCheckIn(keyResultId: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (request: CreateCheckInRequest) =>
      http.post<CheckInResponse>(`/key-results/${keyResultId}/check-ins`, request),
    onSuccess: () => refreshProgress(client),
  });
}

/** One check-in moves the key result, its objective, the team and the dashboard. */
function refreshProgress(client: QueryClient): Promise<unknown> {
  return Promise.all(
    ['objective', 'objectives', 'teams', 'dashboard'].map((key) =>
      client.invalidateQueries({ queryKey: [key] }),
    ),
  );
}
