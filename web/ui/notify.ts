import { notifications } from '@mantine/notifications';

/** Says in the corner that something was done; goes by itself. For what has no place on the page. */
export function notifyDone(message: string): void {
  notifications.show({ message, color: 'teal', autoClose: 4000, withBorder: true });
}

/** Says in the corner that something failed; stays until it is closed. */
export function notifyProblem(error: Error): void {
  notifications.show({ message: error.message, color: 'red', autoClose: false, withBorder: true, role: 'alert' });
}
