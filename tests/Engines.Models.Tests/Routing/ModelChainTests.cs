using FsCheck;
using FsCheck.Fluent;
using Steward.Engines.Models.Providers;
using Steward.Engines.Models.Routing;
using Steward.Engines.Resilience;

namespace Steward.Engines.Models.Tests.Routing;

public sealed class ModelChainTests
{
    private static readonly ChatRequest Question = new() { Messages = [new ChatMessage { Role = ChatRole.User, Text = "Hi" }] };

    [Theory]
    [InlineData("model_unavailable")]
    [InlineData("model_rate_limited")]
    [InlineData("model_timeout")]
    [InlineData("model_unauthenticated")]
    [InlineData("model_missing")]
    public async Task Stream_FirstFailsBeforeItsFirstToken_SecondAnswersUnseen(string code)
    {
        var second = FakeEndpoint.Saying("from the second");
        var deltas = await ReadAsync(Chain(Target(FakeEndpoint.Failing(code)), Target(second, "b")));

        Assert.Equal(["from the second"], deltas.OfType<ChatText>().Select(text => text.Text));
        var finished = Assert.IsType<ChatFinished>(deltas[^1]);
        Assert.Equal(("b", 2), (finished.Provider, finished.Attempts));
    }

    [Fact]
    public async Task Stream_RequestIsWrong_NobodyElseIsAsked()
    {
        var second = FakeEndpoint.Saying("no");
        var failure = await Assert.ThrowsAsync<ModelException>(() => ReadAsync(Chain(Target(FakeEndpoint.Failing("model_rejected")), Target(second, "b"))));

        Assert.Equal(("model_rejected", 0), (failure.Code, second.Asked));
    }

    [Fact]
    public async Task Stream_BreaksOffAfterTheFirstToken_ThrowsAndCountsAsAFailure()
    {
        var first = Target(new FakeEndpoint((_, _) => FakeEndpoint.Failure("model_stream_broken", null, new ChatText("half"))));
        var second = FakeEndpoint.Saying("whole");
        var chain = Chain(first, Target(second, "b"));
        for (var call = 0; call < 3; call++)
        {
            var seen = new List<ChatDelta>();
            var failure = await Assert.ThrowsAsync<ModelException>(() => ReadAsync(chain, seen: seen));
            Assert.Equal(("model_stream_broken", true, 1, 0), (failure.Code, failure.AfterFirstToken, seen.Count, second.Asked));
        }

        Assert.Equal(BreakerPhase.Open, first.Phase);
        Assert.Equal("whole", Text(await ReadAsync(chain)));
    }

    // Thoughts are shown to nobody: who asked has nothing yet.
    [Fact]
    public async Task Stream_FailsAfterThoughts_SecondAnswersUnseen()
    {
        var deltas = await ReadAsync(Chain(Target(new FakeEndpoint((_, _) => FakeEndpoint.Failure("model_unavailable", null, ChatThought.Instance))), Target(FakeEndpoint.Saying("whole"), "b")));

        Assert.Equal([new ChatText("whole")], deltas.SkipLast(1));
    }

    [Fact]
    public async Task Stream_EndsWithoutItsEnd_IsBroken()
    {
        var failure = await Assert.ThrowsAsync<ModelException>(() => ReadAsync(Chain(Target(new FakeEndpoint((_, _) => FakeEndpoint.Answer(new ChatText("half")))))));

        Assert.Equal(("model_stream_broken", true), (failure.Code, failure.AfterFirstToken));
    }

    [Fact]
    public async Task Stream_ThreeFailuresInARow_LeaveTheFirstAloneUntilItsProbesSucceed()
    {
        var time = new ManualTime();
        var first = FakeEndpoint.Failing("model_unavailable", times: 3);
        var target = Target(first, time: time);
        var chain = Chain(time, target, Target(FakeEndpoint.Saying("second"), "b", time));
        for (var call = 0; call < 10; call++)
        {
            Assert.Equal("second", Text(await ReadAsync(chain)));
        }

        Assert.Equal((3, BreakerPhase.Open), (first.Asked, target.Phase));
        time.Advance(TimeSpan.FromSeconds(11));
        for (var call = 0; call < 3; call++)
        {
            Assert.Equal("ok", Text(await ReadAsync(chain)));
        }

        Assert.Equal(BreakerPhase.Closed, target.Phase);
    }

    [Fact]
    public async Task Stream_OnlyOverItsLimit_OpensNoBreaker()
    {
        var target = Target(FakeEndpoint.Failing("model_rate_limited"));
        var chain = Chain(target, Target(FakeEndpoint.Saying("second"), "b"));
        for (var call = 0; call < 20; call++)
        {
            Assert.Equal("second", Text(await ReadAsync(chain)));
        }

        Assert.Equal(BreakerPhase.Closed, target.Phase);
    }

    [Fact]
    public async Task Stream_AllAreLeftAlone_SaysWhenToComeAgain()
    {
        var time = new ManualTime();
        var chain = Chain(time, Target(FakeEndpoint.Failing("model_unavailable"), time: time), Target(FakeEndpoint.Failing("model_unavailable"), "b", time));
        var failure = await FailingAsync(chain);
        for (var call = 0; call < 10 && failure.RetryAfter is null; call++)
        {
            failure = await FailingAsync(chain);
        }

        Assert.Equal("model_unavailable", failure.Code);
        Assert.InRange(failure.RetryAfter!.Value, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task Stream_OverItsLimitForLong_HardlyRepeats()
    {
        // Limits open no breaker: only the budget holds repetitions back.
        var endpoint = FakeEndpoint.Failing("model_rate_limited");
        var chain = Chain(new ManualTime(), Target(endpoint, time: new ManualTime()));
        for (var call = 0; call < 500; call++)
        {
            await FailingAsync(chain);
        }

        // One for every ten calls, and three to begin with: 53, or one less by rounding.
        Assert.InRange(endpoint.Asked, 552, 553);
    }

    // The budget is the provider's: two of its models have no more together than one alone.
    [Fact]
    public async Task Stream_TwoModelsOfOneProviderOverTheirLimits_RepeatNoMoreThanOne()
    {
        var time = new ManualTime();
        var (retries, others) = (new ProviderRetries(time), new ProviderRetries(time));
        var (first, second, elsewhere) = (FakeEndpoint.Failing("model_rate_limited"), FakeEndpoint.Failing("model_rate_limited"), FakeEndpoint.Failing("model_rate_limited"));
        ModelChain Of(FakeEndpoint endpoint, string provider, string model, ProviderRetries budget) => Chain(time, new ModelTarget(provider, model, [new Lazy<IModelEndpoint>(endpoint)], new BreakerSpec(), time, budget));
        var (one, two, three) = (Of(first, "a", "m", retries), Of(second, "a", "n", retries), Of(elsewhere, "b", "m", others));
        for (var call = 0; call < 250; call++)
        {
            await FailingAsync(one);
            await FailingAsync(two);
            await FailingAsync(three);
        }

        Assert.InRange(first.Asked + second.Asked, 552, 553);
        Assert.InRange(elsewhere.Asked, 277, 278);
    }

    // A provider that fails is not asked for another of its models instead beyond its budget; one that is over the limit of one model is.
    [Theory]
    [InlineData("model_timeout", 6, 7)]
    [InlineData("model_rate_limited", 40, 40)]
    public async Task Stream_NextModelOfTheSameProvider_IsARepetitionUnlessTheLimitWasTheModels(string code, int least, int most)
    {
        var time = new ManualTime();
        var retries = new ProviderRetries(time);
        var second = FakeEndpoint.Saying("second");
        var failing = FakeEndpoint.Failing(code);
        for (var call = 0; call < 40; call++)
        {
            // A new breaker each time: it is not what holds calls back here.
            var chain = Chain(new ModelsOptions { RetryBaseDelay = TimeSpan.Zero, MaxAttempts = 2 }, time, new ModelTarget("a", "m", [new Lazy<IModelEndpoint>(failing)], new BreakerSpec(), time, retries), new ModelTarget("a", "n", [new Lazy<IModelEndpoint>(second)], new BreakerSpec(), time, retries));
            try
            {
                await ReadAsync(chain);
            }
            catch (ModelException)
            {
            }
        }

        Assert.InRange(second.Asked, least, most);
    }

    [Fact]
    public async Task Stream_SeveralKeys_TakeTurnsAndTheOneOverItsLimitRests()
    {
        var time = new ManualTime();
        var (limited, other) = (FakeEndpoint.Failing("model_rate_limited", TimeSpan.FromSeconds(60)), FakeEndpoint.Saying("ok"));
        var chain = Chain(time, Target([limited, other], time: time));
        for (var call = 0; call < 10; call++)
        {
            Assert.Equal("ok", Text(await ReadAsync(chain)));
        }

        Assert.Equal(1, limited.Asked);
        time.Advance(TimeSpan.FromSeconds(61));
        Assert.Equal("ok", Text(await ReadAsync(chain)));
        Assert.Equal("ok", Text(await ReadAsync(chain)));
        Assert.Equal(2, limited.Asked);
    }

    [Fact]
    public async Task Stream_KeysOverTheirLimitsAtTimes_CostNoRepetitions()
    {
        var time = new ManualTime();
        var (limited, other) = (FakeEndpoint.Failing("model_rate_limited"), FakeEndpoint.Saying("ok"));
        var chain = Chain(time, Target([limited, other], time: time));
        for (var call = 0; call < 100; call++)
        {
            Assert.Equal("ok", Text(await ReadAsync(chain)));
            time.Advance(TimeSpan.FromSeconds(2));
        }

        Assert.InRange(limited.Asked, 20, 50);
    }

    [Fact]
    public async Task Stream_CallsOwnTimeIsOver_BlamesNobody()
    {
        var slow = Target(new FakeEndpoint((_, stop) => Trickle(stop)));
        var chain = Chain(new ModelsOptions { TotalTimeout = TimeSpan.FromMilliseconds(60) }, TimeProvider.System, slow);
        for (var call = 0; call < 4; call++)
        {
            Assert.Equal("model_timeout", (await FailingAsync(chain)).Code);
        }

        Assert.Equal(BreakerPhase.Closed, slow.Phase);

        static async IAsyncEnumerable<ChatDelta> Trickle([System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken stop)
        {
            while (true)
            {
                yield return new ChatText("more ");
                await Task.Delay(5, stop);
            }
        }
    }

    [Fact]
    public async Task Stream_SilentProvider_FallsBackAfterTheTimeForTheFirstToken()
    {
        var options = new ModelsOptions { FirstTokenTimeout = TimeSpan.FromMilliseconds(50), RetryBaseDelay = TimeSpan.Zero };
        var deltas = await ReadAsync(Chain(options, TimeProvider.System, Target(new FakeEndpoint((_, stop) => FakeEndpoint.Silence(stop))), Target(FakeEndpoint.Saying("second"), "b")));

        Assert.Equal("second", Text(deltas));
    }

    [Fact]
    public async Task Stream_CallerGoesAwayDuringAProbe_LetsTheNextOneProbe()
    {
        var time = new ManualTime();
        var endpoint = new FakeEndpoint((attempt, stop) => attempt <= 3 ? FakeEndpoint.Failure("model_unavailable") : attempt <= 6 ? FakeEndpoint.Silence(stop) : FakeEndpoint.Answer(new ChatText("ok"), FakeEndpoint.End()));
        var target = Target(endpoint, time: time);
        var chain = Chain(new ModelsOptions { MaxAttempts = 1 }, time, target);
        for (var call = 0; call < 3; call++)
        {
            await FailingAsync(chain);
        }

        time.Advance(TimeSpan.FromSeconds(11));
        for (var call = 0; call < 3; call++)
        {
            using var cancel = new CancellationTokenSource(20);
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => ReadAsync(chain, cancellationToken: cancel.Token));
        }

        Assert.Equal("ok", Text(await ReadAsync(chain)));
    }

    [Fact]
    public async Task Stream_ReaderStopsInTheMiddle_ClosesTheAnswerAndBlamesNobody()
    {
        var closed = false;
        var target = Target(new FakeEndpoint((_, stop) => Endless(stop)));
        for (var call = 0; call < 5; call++)
        {
            closed = false;
            await foreach (var _ in Chain(target).StreamAsync(Question, default))
            {
                break;
            }

            Assert.True(closed);
        }

        Assert.Equal(BreakerPhase.Closed, target.Phase);

        async IAsyncEnumerable<ChatDelta> Endless([System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken stop)
        {
            try
            {
                while (true)
                {
                    await Task.Yield();
                    stop.ThrowIfCancellationRequested();
                    yield return new ChatText("more ");
                }
            }
            finally
            {
                closed = true;
            }
        }
    }

    /// <summary>Whatever providers do: never more attempts than allowed, never text of two attempts, and each call ends with its end or an error.</summary>
    [Fact]
    public void Stream_AnyFailures_AttemptsAreBoundedAndNoTwoAnswersMix() => Prop.ForAll(
        Gen.ListOf(Gen.Choose(0, 5)).Select(list => list.ToList()).ToArbitrary(),
        script =>
        {
            var asked = 0;
            IAsyncEnumerable<ChatDelta> Behave(string name)
            {
                var step = asked < script.Count ? script[asked] : 5;
                asked++;
                return step switch
                {
                    0 => FakeEndpoint.Failure("model_unavailable"),
                    1 => FakeEndpoint.Failure("model_rate_limited"),
                    2 => FakeEndpoint.Failure("model_stream_broken", null, new ChatText(name)),
                    3 => FakeEndpoint.Failure("model_rejected"),
                    4 => FakeEndpoint.Answer(new ChatText(name)),
                    _ => FakeEndpoint.Answer(new ChatText(name), new ChatText(name), FakeEndpoint.End()),
                };
            }

            var time = new ManualTime();
            var chain = Chain(time, [.. new[] { "a", "b", "c" }.Select(name => Target(new FakeEndpoint((_, _) => Behave(name)), name, time))]);
            for (var call = 0; call < 6; call++)
            {
                var before = asked;
                var seen = new List<ChatDelta>();
                var failed = false;
                try
                {
                    ReadAsync(chain, seen: seen).GetAwaiter().GetResult();
                }
                catch (ModelException)
                {
                    failed = true;
                }

                if (asked - before > 3 || seen.OfType<ChatText>().Select(text => text.Text).Distinct().Count() > 1 || failed == seen.Any(delta => delta is ChatFinished))
                {
                    return false;
                }
            }

            return true;
        }).QuickCheckThrowOnFailure();

    private static ModelTarget Target(FakeEndpoint endpoint, string provider = "a", TimeProvider? time = null) => Target([endpoint], provider, time);

    private static ModelTarget Target(FakeEndpoint[] endpoints, string provider = "a", TimeProvider? time = null) =>
        new(provider, "m", [.. endpoints.Select(endpoint => new Lazy<IModelEndpoint>(endpoint))], new BreakerSpec { Open = TimeSpan.FromSeconds(10) }, time ?? TimeProvider.System);

    private static ModelChain Chain(params ModelTarget[] targets) => Chain(TimeProvider.System, targets);

    private static ModelChain Chain(TimeProvider time, params ModelTarget[] targets) => Chain(new ModelsOptions { RetryBaseDelay = TimeSpan.Zero }, time, targets);

    private static ModelChain Chain(ModelsOptions options, TimeProvider time, params ModelTarget[] targets) => new(targets, options, new ModelPrices(), time, new RandomSource(7));

    private static string Text(IEnumerable<ChatDelta> deltas) => string.Concat(deltas.OfType<ChatText>().Select(text => text.Text));

    private static Task<ModelException> FailingAsync(ModelChain chain) => Assert.ThrowsAsync<ModelException>(() => ReadAsync(chain));

    private static async Task<List<ChatDelta>> ReadAsync(ModelChain chain, List<ChatDelta>? seen = null, CancellationToken cancellationToken = default)
    {
        seen ??= [];
        await foreach (var delta in chain.StreamAsync(Question, cancellationToken))
        {
            seen.Add(delta);
        }

        return seen;
    }

    /// <summary>A clock that moves only by hand; timers count real time.</summary>
    private sealed class ManualTime : TimeProvider
    {
        private long _ticks = TimeSpan.TicksPerDay;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public void Advance(TimeSpan by) => _ticks += by.Ticks;

        public override long GetTimestamp() => _ticks;
    }
}
