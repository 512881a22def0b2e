using Steward.Engines.Orchestration;

namespace Steward.Runs;

/// <summary>How a run began, as long as that is not durable: the records that go before all others, in one append with the first of these.</summary>
/// <param name="contents">What the records refer to.</param>
/// <param name="message">Says whether the message is durable: nothing of the run may be before.</param>
internal sealed class RunHead(IReadOnlyList<RunContent> contents, Task<bool> message)
{
    private readonly TaskCompletionSource _durable = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Whether the message is durable, once that is known; if it is not, the run never was.</summary>
    public Task<bool> Message => message;

    /// <summary>The records.</summary>
    public RunAppend Append { get; } = new() { Open = true };

    /// <summary>What they refer to.</summary>
    public IReadOnlyList<RunContent> Contents => contents;

    /// <summary>Completes when they are durable, fails when they are not.</summary>
    public Task Durable => _durable.Task;

    /// <summary>Whether they are not durable, or nobody knows, and never will be by this instance.</summary>
    public bool HasFailed => _durable.Task.IsFaulted;

    /// <summary>The append that puts these records before others.</summary>
    public RunAppend Before(RunAppend others)
    {
        var all = new RunAppend { Open = others.Open ?? Append.Open, Wake = others.Wake };
        all.Records.AddRange([.. Append.Records, .. others.Records]);
        all.Facts.AddRange([.. Append.Facts, .. others.Facts]);
        return all;
    }

    public void Succeed() => _durable.TrySetResult();

    public void Fail(Exception exception)
    {
        _durable.TrySetException(exception);

        // Whoever made the append learns of it too.
        _ = _durable.Task.Exception;
    }
}
