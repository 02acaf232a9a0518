import type {
  AddMemberRequest,
  CreateTeamRequest,
  MemberResponse,
  TeamDetailResponse,
  TeamResponse,
  TeamsResponse,
} from '@seaworthy-example/kpi-api';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { http } from './http.js';

export function useTeams() {
  return useQuery({
    queryKey: ['teams'],
    queryFn: async ({ signal }) => (await http.get<TeamsResponse>('/teams', { signal })).teams,
  });
}

/** One team with its members; waits while `id` is not known. */
export function useTeam(id: string | undefined) {
  return useQuery({
    queryKey: ['teams', id],
    queryFn: ({ signal }) => http.get<TeamDetailResponse>(`/teams/${id}`, { signal }),
    enabled: id !== undefined,
  });
}

export function useCreateTeam() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (request: CreateTeamRequest) => http.post<TeamResponse>('/teams', request),
    onSuccess: () => client.invalidateQueries({ queryKey: ['teams'] }),
  });
}

export function useAddMember(teamId: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (request: AddMemberRequest) => http.post<MemberResponse>(`/teams/${teamId}/members`, request),
    onSuccess: () => client.invalidateQueries({ queryKey: ['teams'] }),
  });
}

export function useRemoveMember(teamId: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (userId: string) => http.delete(`/teams/${teamId}/members/${userId}`),
    onSuccess: () => client.invalidateQueries({ queryKey: ['teams'] }),
  });
}
