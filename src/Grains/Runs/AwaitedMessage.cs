namespace Steward.Runs;

/// <summary>
/// What a run that began while its message was being made durable waits for before it records anything. A start and its confirmation may come in any order, and the session that makes them may be lost in
/// between: then the run never was.
/// </summary>
internal sealed class AwaitedMessage(TimeProvider time)
{
    // Longer than an append that succeeds, shorter than a call may take: whoever starts the run again then must not find the first start still waiting.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly Lock _gate = new();
    private readonly TaskCompletionSource<bool> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private string? _expected;
    private (string Ticket, bool IsDurable)? _early;

    /// <summary>Completes with whether the message is durable; without a ticket it is. Called for the one start that counts.</summary>
    public Task<bool> Expect(string? ticket)
    {
        if (ticket is null)
        {
            return Task.FromResult(true);
        }

        lock (_gate)
        {
            _expected = ticket;
            if (_early is { } early && string.Equals(early.Ticket, ticket, StringComparison.Ordinal))
            {
                _answer.TrySetResult(early.IsDurable);
            }
        }

        return WaitAsync();
    }

    /// <summary>Says whether the message of a start is durable.</summary>
    /// <returns>Whether that start waited for it.</returns>
    public bool Confirm(string ticket, bool isDurable)
    {
        lock (_gate)
        {
            if (string.Equals(_expected, ticket, StringComparison.Ordinal))
            {
                return _answer.TrySetResult(isDurable);
            }

            // It overtook its start, or belongs to one that came too late.
            _early = (ticket, isDurable);
            return false;
        }
    }

    /// <summary>Nobody waits for it here any more.</summary>
    public void GiveUp() => _answer.TrySetResult(false);

    private async Task<bool> WaitAsync()
    {
        try
        {
            return await _answer.Task.WaitAsync(Patience, time);
        }
        catch (TimeoutException)
        {
            // Whoever confirms it after this learns that the start failed, and starts the run again.
            _answer.TrySetResult(false);
            return await _answer.Task;
        }
    }
}
