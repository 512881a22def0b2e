using Microsoft.Extensions.Logging;
using Orleans.Runtime;
using Steward.Engines.Connectors.Auth;
using Steward.Engines.Notifications;
using Steward.Operations;

namespace Steward.Connectors;

/// <summary>
/// What the tenant's webhooks and admins are told: how well the connector itself is signed in. A change is written before it is told, and forgotten only once each webhook that wants it has it
/// durably, so a loss of the silo repeats it, with the same id. The timer that tells is beside the grain's turn, since webhooks may be slow.
/// </summary>
internal sealed partial class ConnectorGrain
{
    private static readonly TimeSpan FirstTellRetry = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LongestTellRetry = TimeSpan.FromMinutes(5);

    private IGrainTimer? _teller;
    private long _writtenChanges;
    private int _tellFailures;

    // Called in the middle of other work, and must not wait: the timer does the rest.
    private void Note(CredentialState condition, string? code, string? reason)
    {
        if (_target is null || state.State.Deleting)
        {
            return;
        }

        var name = condition switch { CredentialState.Broken => SignInHistory.Broken, CredentialState.Expiring => SignInHistory.Expiring, _ => SignInHistory.Active };
        state.State.SignIn ??= new SignInHistory();
        if (state.State.SignIn.Note(name, code, reason, time.GetUtcNow().ToMilliseconds()))
        {
            TellSoon(TimeSpan.Zero);
        }
    }

    // Something that only works when one is signed in has worked. After a loss nothing else says that what was broken before is well again.
    private void NoteSignedIn()
    {
        if (state.State.SignIn is { State: not SignInHistory.Active } && _signIn?.StateOf(userId: null) == CredentialState.Active)
        {
            _credentialChange = null;
            Note(CredentialState.Active, code: null, reason: null);
        }
    }

    // After a loss: how it stood, and what could not be told any more.
    private void TakeUpNews()
    {
        if (_target is not { } target || state.State.SignIn is not { } history)
        {
            return;
        }

        _writtenChanges = history.Changes;
        if (history.State != SignInHistory.Active)
        {
            var condition = history.State == SignInHistory.Broken ? CredentialState.Broken : CredentialState.Expiring;
            _credentialChange = new CredentialStateChange(TenantId, target.Instance.Name, UserId: null, CredentialState.Active, condition, Code: null, history.Reason, history.ChangedAt);
        }

        TellWhatIsLeft();
    }

    private void TellWhatIsLeft()
    {
        if (state.State.SignIn is { Untold.Count: > 0 })
        {
            TellSoon(TimeSpan.Zero);
        }
    }

    private void TellSoon(TimeSpan wait)
    {
        _teller ??= this.RegisterGrainTimer(Tell, new GrainTimerCreationOptions(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan) { KeepAlive = true, Interleave = true });
        _teller.Change(wait, Timeout.InfiniteTimeSpan);
    }

    private async Task Tell(CancellationToken cancellationToken)
    {
        try
        {
            while (_target is { } target && !state.State.Deleting && state.State.SignIn is { Untold: [var change, ..] } history)
            {
                if (change.Number > _writtenChanges)
                {
                    await WriteAsync();
                    continue;
                }

                var happened = SignInEvent.Of(target.Instance, state.State.CreatedAt, change);
                await webhooks.TellAsync(TenantId, webhookId: null, happened);
                if (SignInEvent.NoticeOf(target.Instance, change) is { } notice)
                {
                    await admins.TellAdminsAsync(TenantId, NoticeKinds.ConnectorSignIn, $"{target.Instance.Name}.{happened.Occurrence}", $"c-{target.Instance.Name}", notice, cancellationToken);
                }

                // It may have been deleted, or created anew, meanwhile.
                if (ReferenceEquals(state.State.SignIn, history) && history.Untold.Remove(change) && !state.State.Deleting)
                {
                    await WriteAsync();
                }
            }

            _tellFailures = 0;
        }
#pragma warning disable CA1031 // What is to be told is durable, or will be found again: it is told later, here or elsewhere.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            LogNotTold(logger, Key, exception);
            var wait = FirstTellRetry * Math.Pow(2, Math.Min(_tellFailures++, 8));
            TellSoon(wait < LongestTellRetry ? wait : LongestTellRetry);
        }
    }

    [LoggerMessage(EventId = 1414, Level = LogLevel.Warning, Message = "Webhooks could not be told of the sign-in of {Connector} now; they will be")]
    private static partial void LogNotTold(ILogger logger, string connector, Exception exception);
}
