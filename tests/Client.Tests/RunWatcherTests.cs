using System.Runtime.CompilerServices;
using FsCheck;
using FsCheck.Fluent;
using Microsoft.Extensions.Logging.Abstractions;
using Orleans.Runtime;
using Steward.Errors;
using Steward.Runs;
using Steward.Testing;

namespace Steward.Client.Tests;

public class RunWatcherTests
{
    private static readonly StewardClientOptions Options = new() { WatchPatience = TimeSpan.FromMinutes(2) };

    /// <summary>What a source does to one subscription.</summary>
    public enum Fault
    {
        None,
        BreakOff,
        EndEarly,
        Repeat,
        Skip,
        TimeOut,
        Restart,
    }

    [Fact]
    public void Watch_AnyFaultSchedule_YieldsEveryEventOnceInOrder()
    {
        var schedules = Gen.ListOf(Gen.Choose(0, 12).Zip(Gen.Elements(Enum.GetValues<Fault>()))).Select(faults => faults.ToArray());
        var inputs = Gen.Choose(1, 40).Zip(Gen.Choose(0, 40)).Zip(schedules);

        Prop.ForAll(Arb.From(inputs), input =>
        {
            var ((total, after), faults) = input;
            after = Math.Min(after, total);
            var source = new FaultySource(total, faults);

            var seen = Watch(source, after).GetAwaiter().GetResult();

            return seen.SequenceEqual(Enumerable.Range(after + 1, total - after).Select(number => (long)number));
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public async Task Watch_RunNotKnownYet_WaitsForIt()
    {
        var source = new FaultySource(3, []) { UnknownFor = 4 };

        Assert.Equal([1, 2, 3], await Watch(source, 0, mayComeLater: true));
    }

    [Fact]
    public async Task Watch_RunUnknown_IsNotFound()
    {
        var source = new FaultySource(3, []) { UnknownFor = int.MaxValue };

        var error = await Assert.ThrowsAsync<StewardException>(() => Watch(source, 0));

        Assert.Equal(ErrorCodes.NotFound, error.Code);
    }

    [Fact]
    public async Task Watch_SourceThatStaysAway_EndsWithUnavailableAfterPatience()
    {
        var time = new ManualTimeProvider { SkipsWaits = true };
        var source = new FaultySource(3, []) { Failure = () => new SiloUnavailableException("gone") };
        var started = time.GetTimestamp();

        var error = await Assert.ThrowsAsync<StewardException>(() => Watch(source, 0, time: time));

        Assert.Equal(ErrorCodes.Unavailable, error.Code);
        Assert.True(error.IsRetryable);
        Assert.InRange(time.GetElapsedTime(started), TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(2));
        Assert.True(source.Subscriptions > 10);
    }

    [Fact]
    public async Task Watch_RefusalByTheGrain_IsPassedOnAtOnce()
    {
        var source = new FaultySource(3, []) { Failure = () => StewardException.NotFound("The run") };

        var error = await Assert.ThrowsAsync<StewardException>(() => Watch(source, 0));

        Assert.Equal(ErrorCodes.NotFound, error.Code);
        Assert.Equal(1, source.Subscriptions);
    }

    [Fact]
    public async Task Watch_DefectInTheGrain_ShowsNothingOfIt()
    {
        var source = new FaultySource(3, []) { Failure = () => new InvalidOperationException("connection string with password") };

        var error = await Assert.ThrowsAsync<StewardException>(() => Watch(source, 0));

        Assert.Equal(ErrorCodes.Internal, error.Code);
        Assert.DoesNotContain("password", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Watch_PermanentGap_IsAnErrorAndNeverSkipped()
    {
        var source = new FaultySource(9, []) { Missing = 3 };
        var seen = new List<long>();

        var error = await Assert.ThrowsAsync<StewardException>(async () =>
        {
            await foreach (var runEvent in Watcher(new ManualTimeProvider { SkipsWaits = true }).WatchAsync(source, 0, false, CancellationToken.None))
            {
                seen.Add(runEvent.Sequence);
            }
        });

        Assert.Equal(ErrorCodes.Internal, error.Code);
        Assert.Equal([1, 2], seen);
    }

    [Fact]
    public async Task Watch_Cancelled_EndsWithCancellation()
    {
        using var stop = new CancellationTokenSource();
        var source = new FaultySource(3, []) { HangsAtEnd = true, EndsRun = false };
        var watching = Watcher(TimeProvider.System).WatchAsync(source, 0, false, stop.Token).GetAsyncEnumerator(stop.Token);
        await watching.MoveNextAsync();
        await watching.MoveNextAsync();
        await watching.MoveNextAsync();
        var fourth = watching.MoveNextAsync().AsTask();

        await stop.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => fourth);
        Assert.True(source.Disposed);
    }

    [Fact]
    public async Task Watch_BeforeEachStep_PreparesTheCall()
    {
        var source = new FaultySource(5, [(2, Fault.BreakOff)]);

        await Watch(source, 0);

        // Five events, the break, and one disposal for each of the two subscriptions.
        Assert.Equal(5 + 1 + 2, source.Preparations);
        Assert.Equal(0, source.StepsWithoutPreparation);
    }

    private static async Task<List<long>> Watch(FaultySource source, long after, bool mayComeLater = false, ManualTimeProvider? time = null)
    {
        var seen = new List<long>();
        await foreach (var runEvent in Watcher(time ?? new ManualTimeProvider { SkipsWaits = true }).WatchAsync(source, after, mayComeLater, CancellationToken.None))
        {
            seen.Add(runEvent.Sequence);
        }

        return seen;
    }

    private static RunWatcher Watcher(TimeProvider time)
    {
        var random = new System.Random(7);
        return new RunWatcher(Options, new RetryingCaller(Options, time, random.NextDouble, CallFailures.IsTransient, NullLogger.Instance), time, NullLogger.Instance);
    }

    /// <summary>A finished run whose subscriptions fail as scheduled: after so many events, in this way.</summary>
    private sealed class FaultySource(int total, IReadOnlyList<(int After, Fault Fault)> faults) : IRunEventSource
    {
        private bool _prepared;

        public int UnknownFor { get; set; }

        public Func<Exception>? Failure { get; init; }

        public bool HangsAtEnd { get; init; }

        public bool EndsRun { get; init; } = true;

        public long Missing { get; init; }

        public int Subscriptions { get; private set; }

        public int Preparations { get; private set; }

        public int StepsWithoutPreparation { get; private set; }

        public bool Disposed { get; private set; }

        public void Prepare()
        {
            Preparations++;
            _prepared = true;
        }

        public async IAsyncEnumerable<RunEvent> Subscribe(long afterSequence, [EnumeratorCancellation] CancellationToken cancellationToken)
        {
            Step();
            var (after, fault) = Subscriptions < faults.Count ? faults[Subscriptions] : (0, Fault.None);
            Subscriptions++;
            await Task.Yield();
            if (Failure is { } failure)
            {
                throw failure();
            }

            if (UnknownFor > 0)
            {
                yield break;
            }

            try
            {
                var sent = 0;
                for (var sequence = fault == Fault.Restart ? 1 : afterSequence + 1; sequence <= total; sequence++)
                {
                    if (fault != Fault.None && sent == after)
                    {
                        switch (fault)
                        {
                            case Fault.BreakOff:
                                throw new EnumerationAbortedException("the activation is gone");
                            case Fault.TimeOut:
                                throw new TimeoutException("no answer");
                            case Fault.EndEarly:
                                yield break;
                            case Fault.Repeat when sequence > 1:
                                yield return Event(sequence - 1);
                                Step();
                                break;
                            case Fault.Skip:
                                sequence++;
                                break;
                        }
                    }

                    if (sequence > total)
                    {
                        yield break;
                    }

                    if (sequence == Missing)
                    {
                        continue;
                    }

                    sent++;
                    yield return Event(sequence);
                    Step();
                }

                if (HangsAtEnd)
                {
                    await Task.Delay(Timeout.Infinite, cancellationToken);
                }
            }
            finally
            {
                Disposed = true;
            }
        }

        public Task<RunStatus?> GetStatusAsync(CancellationToken cancellationToken)
        {
            Step();
            if (UnknownFor > 0)
            {
                UnknownFor--;
                return Task.FromResult<RunStatus?>(null);
            }

            return Task.FromResult<RunStatus?>(new RunStatus
            {
                RunId = "r-1",
                State = RunState.Completed,
                SessionKey = "t-a/u-a/s-a",
                RequestedAt = DateTimeOffset.UnixEpoch,
                LastSequence = total,
            });
        }

        private void Step()
        {
            if (!_prepared)
            {
                StepsWithoutPreparation++;
            }

            _prepared = false;
        }

        private RunEvent Event(long sequence) => new()
        {
            Sequence = sequence,
            Type = sequence == total && EndsRun ? "run.ended" : "answer.delta",
            At = DateTimeOffset.UnixEpoch,
            Data = "{}",
        };
    }
}
