import type { Team, TeamMember } from '@seaworthy-example/kpi-api';
import { Avatar, Badge, type Column, ConfirmDialog, DataTable, Icon, useNotify } from '@seaworthy-example/ui';
import { useState } from 'react';
import { useRemoveMember } from '../api/teams.js';

export interface MemberTableProps {
  readonly team: Team;
  readonly members: readonly TeamMember[];
  readonly manages: boolean;
}

export function MemberTable({ team, members, manages }: MemberTableProps) {
  const [leaving, setLeaving] = useState<TeamMember>();
  const remove = useRemoveMember(team.id);
  const notify = useNotify();

  function confirm(member: TeamMember) {
    remove.mutate(member.userId, {
      onSuccess: () => notify(`${member.name} is no longer in ${team.name}.`),
      onError: (error) => notify(error.message, 'bad'),
      onSettled: () => setLeaving(undefined),
    });
  }

  const columns: Column<TeamMember>[] = [
    {
      header: 'Name',
      cell: ({ name, email }) => (
        <div className="person">
          <Avatar name={name} />
          <div>
            <strong>{name}</strong>
            <p className="row-note">{email}</p>
          </div>
        </div>
      ),
    },
    {
      header: 'Role',
      cell: ({ role }) => (
        <Badge tone={role === 'lead' ? 'accent' : 'neutral'}>{role === 'lead' ? 'Lead' : 'Member'}</Badge>
      ),
    },
  ];
  if (manages) {
    columns.push({
      header: 'Remove',
      align: 'end',
      cell: (member) => (
        <button
          type="button"
          className="icon-button muted"
          aria-label={`Remove ${member.name}`}
          onClick={() => setLeaving(member)}
        >
          <Icon name="trash" />
        </button>
      ),
    });
  }
  return (
    <>
      <DataTable
        caption={`Members of ${team.name}`}
        columns={columns}
        rows={members}
        rowKey={({ userId }) => userId}
        error={null}
        onRetry={() => undefined}
        empty={{ title: 'No member yet', text: 'Members can check in on the team’s key results.' }}
      />
      <ConfirmDialog
        open={leaving !== undefined}
        title={`Remove ${leaving?.name ?? ''}?`}
        text={`The check-ins stay. You can add the person to ${team.name} again.`}
        confirmLabel="Remove member"
        busy={remove.isPending}
        onConfirm={() => leaving !== undefined && confirm(leaving)}
        onClose={() => setLeaving(undefined)}
      />
    </>
  );
}
