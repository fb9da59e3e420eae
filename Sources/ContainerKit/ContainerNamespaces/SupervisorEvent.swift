import CKLinux

extension Supervisor {
    /// What a supervisor tells its clients.
    public enum Event: Sendable, Equatable {
        /// The program has ended, with a status as a shell counts it (128+n for signal n). When the restart policy starts
        /// it again, the client is let go of. `wasKilledAfterTimeout`: it did not obey `stop` in time.
        case exited(status: Int32, willRestart: Bool, wasKilledAfterTimeout: Bool)
        /// The client's detach keys were typed: its streams are let go of, and the program goes on.
        case detached

        /// Nil for a message that is no event.
        init?(_ message: ck_message) {
            switch ck_message_kind(message.kind) {
            case CK_MESSAGE_EXITED:
                self = .exited(
                    status: message.value, willRestart: message.step & CK_EXITED_RESTARTS != 0,
                    wasKilledAfterTimeout: message.step & CK_EXITED_KILLED != 0)
            case CK_MESSAGE_DETACHED: self = .detached
            default: return nil
            }
        }
    }
}
