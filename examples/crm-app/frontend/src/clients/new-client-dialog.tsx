import { Dialog, FormBody, useForm, useNotify } from '@seaworthy-example/ui';
import { useNavigate } from 'react-router';
import { useCreateClient } from '../api/clients.js';
import { ClientFields, clientRequest, clientValues, validateClient } from './client-fields.js';

export interface NewClientDialogProps {
  readonly open: boolean;
  readonly onClose: () => void;
}

export function NewClientDialog({ open, onClose }: NewClientDialogProps) {
  return (
    <Dialog open={open} shape="drawer" title="New client" onClose={onClose}>
      <NewClientForm onClose={onClose} />
    </Dialog>
  );
}

function NewClientForm({ onClose }: { readonly onClose: () => void }) {
  const create = useCreateClient();
  const navigate = useNavigate();
  const notify = useNotify();
  const form = useForm({
    initial: clientValues(),
    validate: validateClient,
    submit: async (values) => {
      const { client } = await create.mutateAsync(clientRequest(values));
      notify(`${client.name} was added.`);
      onClose();
      await navigate(`/clients/${client.id}`);
    },
  });
  return (
    <FormBody form={form} submitLabel="Add client" onCancel={onClose}>
      <ClientFields form={form} />
    </FormBody>
  );
}
