using System.Threading.Channels;
using Steward.Engines.Models.Providers;
using Steward.Engines.Models.Routing;

namespace Steward.Engines.Models.Tests.Routing;

/// <summary>The clock of an attempt: how long a model may be silent before its first token and between two.</summary>
public sealed class ModelAttemptTests
{
    private static readonly ModelsOptions Options = new() { FirstTokenTimeout = TimeSpan.FromSeconds(20), IdleTimeout = TimeSpan.FromSeconds(5) };

    [Fact]
    public async Task Next_DeltasWithinTheIdleTime_GoOnHoweverLongAllOfThemTake()
    {
        var (time, said) = (new ManualClock(), Channel.CreateUnbounded<ChatDelta>());
        await using var attempt = Open(time, said);
        for (var i = 0; i < 20; i++)
        {
            said.Writer.TryWrite(new ChatText("x"));
            Assert.IsType<ChatText>(await attempt.NextAsync());
            time.Advance(TimeSpan.FromSeconds(4));
        }

        said.Writer.TryWrite(FakeEndpoint.End());
        Assert.IsType<ChatFinished>(await attempt.NextAsync());
    }

    [Fact]
    public async Task Next_SilenceAfterSeveralDeltas_EndsTheIdleTimeAfterTheLast()
    {
        var (time, said) = (new ManualClock(), Channel.CreateUnbounded<ChatDelta>());
        await using var attempt = Open(time, said);
        for (var i = 0; i < 3; i++)
        {
            said.Writer.TryWrite(new ChatText("x"));
            Assert.IsType<ChatText>(await attempt.NextAsync());
            time.Advance(TimeSpan.FromSeconds(3));
        }

        var next = attempt.NextAsync().AsTask();
        time.Advance(TimeSpan.FromSeconds(1.9));
        Assert.False(next.IsCompleted);
        time.Advance(TimeSpan.FromSeconds(0.1));

        var failure = await Assert.ThrowsAsync<ModelException>(() => next);
        Assert.Equal(("model_timeout", true), (failure.Code, failure.AfterFirstToken));
    }

    [Fact]
    public async Task Next_NothingComes_EndsTheFirstTokensTime()
    {
        var time = new ManualClock();
        await using var attempt = Open(time, Channel.CreateUnbounded<ChatDelta>());
        var next = attempt.NextAsync().AsTask();
        time.Advance(TimeSpan.FromSeconds(19));
        Assert.False(next.IsCompleted);
        time.Advance(TimeSpan.FromSeconds(1));

        var failure = await Assert.ThrowsAsync<ModelException>(() => next);
        Assert.Equal(("model_timeout", false), (failure.Code, failure.AfterFirstToken));
    }

    [Fact]
    public async Task Next_ModelThinksForLong_IsNotSilent()
    {
        var time = new ManualClock();
        await using var attempt = Open(time, token => ThinkAsync(time, new ChatText("x"), token));

        // Ten thoughts, four seconds each, and then a word: longer than the time for the first token.
        Assert.IsType<ChatText>(await attempt.NextAsync());
    }

    [Fact]
    public async Task Next_ModelThinksAndFallsSilent_EndsBeforeItsFirstToken()
    {
        var time = new ManualClock();
        await using var attempt = Open(time, token => ThinkAsync(time, null, token));
        var next = attempt.NextAsync().AsTask();
        time.Advance(TimeSpan.FromSeconds(19));
        Assert.False(next.IsCompleted);
        time.Advance(TimeSpan.FromSeconds(1));

        var failure = await Assert.ThrowsAsync<ModelException>(() => next);
        Assert.Equal(("model_timeout", false), (failure.Code, failure.AfterFirstToken));
        Assert.Contains("for 20 s", failure.Message, StringComparison.Ordinal);
    }

    // Until the answer begins the longer of both times holds, whichever that is; from then on that between two tokens.
    [Theory]
    [InlineData(20, 5, false, 20)]
    [InlineData(5, 20, false, 20)]
    [InlineData(20, 5, true, 5)]
    [InlineData(5, 20, true, 20)]
    public async Task Next_SilenceAfterThoughts_EndsTheTimeOfWhatComesNext(int first, int idle, bool hasBegun, int expected)
    {
        var (time, said) = (new ManualClock(), Channel.CreateUnbounded<ChatDelta>());
        var options = new ModelsOptions { FirstTokenTimeout = TimeSpan.FromSeconds(first), IdleTimeout = TimeSpan.FromSeconds(idle) };
        await using var attempt = Open(time, said.Reader.ReadAllAsync, options);
        said.Writer.TryWrite(ChatThought.Instance);
        if (hasBegun)
        {
            said.Writer.TryWrite(new ChatText("x"));
            Assert.IsType<ChatText>(await attempt.NextAsync());
        }

        var next = attempt.NextAsync().AsTask();
        time.Advance(TimeSpan.FromSeconds(expected - 0.1));
        Assert.False(next.IsCompleted);
        time.Advance(TimeSpan.FromSeconds(0.1));

        var failure = await Assert.ThrowsAsync<ModelException>(() => next);
        Assert.Equal(hasBegun, failure.AfterFirstToken);
        Assert.Contains($"for {expected} s", failure.Message, StringComparison.Ordinal);
    }

    private static async IAsyncEnumerable<ChatDelta> ThinkAsync(ManualClock time, ChatDelta? last, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        for (var i = 0; i < 10; i++)
        {
            yield return ChatThought.Instance;

            // Whoever reads has heard it and asks for more.
            time.Advance(TimeSpan.FromSeconds(last is null ? 0 : 4));
            cancellationToken.ThrowIfCancellationRequested();
        }

        if (last is null)
        {
            await Task.Delay(Timeout.Infinite, cancellationToken);
        }

        yield return last!;
    }

    private static ModelAttempt Open(ManualClock time, Func<CancellationToken, IAsyncEnumerable<ChatDelta>> answer, ModelsOptions? options = null) => new(
        new FakeEndpoint((_, token) => answer(token)), new ChatRequest { Messages = [] }, options ?? Options, time, TimeSpan.FromMinutes(10), CancellationToken.None, CancellationToken.None);

    private static ModelAttempt Open(ManualClock time, Channel<ChatDelta> said) => new(
        new FakeEndpoint((_, token) => said.Reader.ReadAllAsync(token)), new ChatRequest { Messages = [] }, Options, time, TimeSpan.FromMinutes(10), CancellationToken.None, CancellationToken.None);

    /// <summary>Timers fire when the test moves the clock past them.</summary>
    private sealed class ManualClock : TimeProvider
    {
        private readonly List<Timer> _timers = [];
        private long _ticks = TimeSpan.TicksPerDay;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => _ticks;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            var timer = new Timer(this, () => callback(state));
            timer.Change(dueTime, period);
            _timers.Add(timer);
            return timer;
        }

        public void Advance(TimeSpan by)
        {
            _ticks += by.Ticks;
            _timers.ForEach(timer => timer.Fire());
        }

        private sealed class Timer(ManualClock clock, Action fire) : ITimer
        {
            private long? _due;

            public bool Change(TimeSpan dueTime, TimeSpan period)
            {
                _due = dueTime == Timeout.InfiniteTimeSpan ? null : clock._ticks + dueTime.Ticks;
                return true;
            }

            public void Fire()
            {
                if (_due <= clock._ticks)
                {
                    _due = null;
                    fire();
                }
            }

            public void Dispose() => _due = null;

            public ValueTask DisposeAsync()
            {
                Dispose();
                return ValueTask.CompletedTask;
            }
        }
    }
}
