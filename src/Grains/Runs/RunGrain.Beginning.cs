using Steward.Engines.Orchestration;
using Steward.Identity;

namespace Steward.Runs;

/// <summary>
/// How the run begins, and becomes known here: from its journal, with the first call that has to know it. One that begins while its message is being made durable has no journal, and does not wait to be told so; were there
/// one, it would take nothing of what this activation records, which then gives way.
/// </summary>
internal sealed partial class RunGrain
{
    private static readonly TimeSpan FirstAppendPatience = TimeSpan.FromMilliseconds(20);

    private Task? _loaded;

    /// <inheritdoc/>
    public async Task Start(StartRun command, CancellationToken cancellationToken = default)
    {
        Caller.RequireSystem();
        if (command.Ticket is not null && _loaded is null)
        {
            _loaded = Task.CompletedTask;
        }

        await LoadedAsync();
        if (_journal.Life.IsRequested || _journal.HasEnded || (command.Queued && _journal.Origin is not null))
        {
            await Journaling(_journal.WhenBegunAsync);
            TellAgain();
            return;
        }

        using var activity = Diagnostics.Start("run start", command.Options?.TraceParent, Key);
        var origin = RunRequests.ToOrigin(command) with { TellsTenant = await _outbox.TellsTenantAsync(TenantId) };
        if (command.Queued)
        {
            await Journaling(() => _journal.QueueAsync(origin));
            return;
        }

        var input = RunRequests.ToInput(RunId, command);
        var (context, contents) = _engine.GatherContext(input);
        _journal.Begin(origin, new RunRequested { Input = input with { History = [] } }, context, contents, _message.Expect(command.Ticket));
        RunDiagnostics.Started.Add(1);
        _history = input.History;
        Continue();
        await Journaling(WhenBegunAsync);
    }

    /// <inheritdoc/>
    public Task<bool> Confirm(string ticket, bool isDurable, CancellationToken cancellationToken = default)
    {
        Caller.RequireSystem();
        return Task.FromResult(_message.Confirm(ticket, isDurable));
    }

    /// <summary>Completes when everything that the journal holds is known; begins what is to be done then.</summary>
    private Task LoadedAsync() => _loaded ??= LoadAsync();

    private async Task LoadAsync()
    {
        try
        {
            await Journaling(() => _journal.LoadAsync(_stop.Token));
        }
        catch
        {
            // Whatever it is, the next activation tries again.
            DeactivateOnIdle();
            throw;
        }

        // An end that is in the journal already was counted when it came.
        _counted = _journal.HasEnded;
        if (NeedsWork())
        {
            LogResumed(_logger, Key, _journal.Sequence);
            RunDiagnostics.Resumed.Add(1);
        }

        _tell = IsUntold();
        Continue();
    }

    /// <summary>
    /// Completes when it is durable that the run began. The work's first append tells that too, which saves one; but a run that waits for its turn, or
    /// thinks first, is not to keep whoever asked for it waiting.
    /// </summary>
    private async Task WhenBegunAsync()
    {
        var begun = _journal.WhenBegunAsync();
        if (_isAtWork)
        {
            await begun.WaitAsync(FirstAppendPatience, _time).ConfigureAwait(ConfigureAwaitOptions.ContinueOnCapturedContext | ConfigureAwaitOptions.SuppressThrowing);
        }

        if (!begun.IsCompleted)
        {
            await _journal.FlushAsync();
        }

        await begun;
    }
}
