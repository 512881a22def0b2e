using Microsoft.Extensions.Logging.Abstractions;
using Orleans.Runtime;
using Steward.Errors;
using Steward.Testing;

namespace Steward.Client.Tests;

public class RetryingCallerTests
{
    private static readonly StewardClientOptions Options = new();

    public static TheoryData<Exception> Transient => new()
    {
        new SiloUnavailableException("gone"),
        new TimeoutException("late"),
        new OperationCanceledException("stopped"),
        new StewardException(ErrorCodes.Unavailable, "store") { IsRetryable = true },
    };

    public static TheoryData<Exception> Permanent => new()
    {
        StewardException.NotFound("The run"),
        StewardException.Invalid("text", "must be shorter."),
        new StewardException(ErrorCodes.Unavailable, "for good") { IsRetryable = false },
        new InvalidOperationException("defect"),
        new OrleansException("defect"),
    };

    [Theory]
    [MemberData(nameof(Transient))]
    public async Task Call_IdempotentAndTransient_IsRepeatedUntilItSucceeds(Exception failure)
    {
        var (caller, _) = Create();
        var attempts = 0;

        var result = await caller.CallAsync("test", true, true, 0, (_, _) => ++attempts < 4 ? throw failure : Task.FromResult(attempts), CancellationToken.None);

        Assert.Equal(4, result);
    }

    [Theory]
    [MemberData(nameof(Transient))]
    public async Task Call_NotIdempotent_IsMadeOnceWhateverFails(Exception failure)
    {
        var (caller, _) = Create();
        var attempts = 0;

        await Assert.ThrowsAsync<StewardException>(() => caller.CallAsync<int, int>("test", false, true, 0, (_, _) =>
        {
            attempts++;
            throw failure;
        }, CancellationToken.None));

        Assert.Equal(1, attempts);
    }

    [Theory]
    [MemberData(nameof(Permanent))]
    public async Task Call_PermanentFailure_IsNotRepeated(Exception failure)
    {
        var (caller, _) = Create();
        var attempts = 0;

        await Assert.ThrowsAsync<StewardException>(() => caller.CallAsync<int, int>("test", true, true, 0, (_, _) =>
        {
            attempts++;
            throw failure;
        }, CancellationToken.None));

        Assert.Equal(1, attempts);
    }

    [Fact]
    public async Task Call_TransientForEver_EndsWithinTheBudget()
    {
        var (caller, time) = Create();
        var started = time.GetTimestamp();

        var error = await Assert.ThrowsAsync<StewardException>(() => caller.CallAsync<int, int>("test", true, true, 0, (_, _) => throw new TimeoutException(), CancellationToken.None));

        Assert.Equal(ErrorCodes.Unavailable, error.Code);
        Assert.True(error.IsRetryable);
        Assert.True(error.OutcomeUnknown);
        Assert.InRange(time.GetElapsedTime(started), Options.RetryBudget / 2, Options.RetryBudget);
    }

    [Fact]
    public async Task Call_ReadThatFails_HasNoUnknownOutcome()
    {
        var (caller, _) = Create();

        var error = await Assert.ThrowsAsync<StewardException>(() => caller.CallAsync<int, int>("test", true, false, 0, (_, _) => throw new TimeoutException(), CancellationToken.None));

        Assert.False(error.OutcomeUnknown);
    }

    [Fact]
    public async Task Call_FailureThatNamesAWait_IsNotRepeatedEarlier()
    {
        var (caller, time) = Create();
        var started = time.GetTimestamp();
        var attempts = 0;
        var failure = new StewardException(ErrorCodes.Unavailable, "later") { IsRetryable = true, RetryAfter = TimeSpan.FromSeconds(7) };

        await caller.CallAsync("test", true, false, 0, (_, _) => ++attempts < 2 ? throw failure : Task.FromResult(attempts), CancellationToken.None);

        Assert.Equal(TimeSpan.FromSeconds(7), time.GetElapsedTime(started));
    }

    [Fact]
    public async Task Call_CancelledByTheCaller_IsNoError()
    {
        var (caller, _) = Create();
        using var stop = new CancellationTokenSource();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => caller.CallAsync<int, int>("test", true, false, 0, (_, token) =>
        {
            stop.Cancel();
            token.ThrowIfCancellationRequested();
            return Task.FromResult(1);
        }, stop.Token));
    }

    [Fact]
    public void DelayAfter_GrowingAttempts_DoublesTheBoundUpToTheMaximum()
    {
        var caller = new RetryingCaller(Options, TimeProvider.System, () => 1, CallFailures.IsTransient, NullLogger.Instance);

        Assert.Equal([0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 5, 5], Enumerable.Range(0, 8).Select(attempt => caller.DelayAfter(attempt).TotalSeconds));
        Assert.Equal(5, caller.DelayAfter(int.MaxValue).TotalSeconds);
    }

    private static (RetryingCaller Caller, ManualTimeProvider Time) Create()
    {
        var time = new ManualTimeProvider { SkipsWaits = true };
        var random = new System.Random(3);
        return (new RetryingCaller(Options, time, random.NextDouble, CallFailures.IsTransient, NullLogger.Instance), time);
    }
}
