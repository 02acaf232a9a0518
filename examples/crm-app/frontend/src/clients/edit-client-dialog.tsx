import type { Client } from '@seaworthy-example/crm-api';
import { Dialog, FormBody, useForm, useNotify } from '@seaworthy-example/ui';
import { useUpdateClient } from '../api/clients.js';
import { ClientFields, clientChanges, clientValues, validateClient } from './client-fields.js';

export interface EditClientDialogProps {
  readonly client: Client;
  readonly open: boolean;
  readonly onClose: () => void;
}

export function EditClientDialog({ client, open, onClose }: EditClientDialogProps) {
  return (
    <Dialog open={open} shape="drawer" title={`Edit ${client.name}`} onClose={onClose}>
      <EditClientForm client={client} onClose={onClose} />
    </Dialog>
  );
}

function EditClientForm({ client, onClose }: Omit<EditClientDialogProps, 'open'>) {
  const update = useUpdateClient(client.id);
  const notify = useNotify();
  const form = useForm({
    initial: clientValues(client),
    validate: validateClient,
    submit: async (values) => {
      await update.mutateAsync(clientChanges(client, values));
      notify('The changes were saved.');
      onClose();
    },
  });
  return (
    <FormBody form={form} submitLabel="Save changes" onCancel={onClose}>
      <ClientFields form={form} />
    </FormBody>
  );
}
