using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Steward.Engines.Models.Budgets;
using Steward.Engines.Models.Gateway;

namespace Steward.Engines.Models.Tests.Budgets;

/// <summary>Calls through the gateway with budgets and cost records.</summary>
public sealed class BudgetStageTests
{
    private static readonly ModelPrice Free = new() { Model = "free", Input = 0, CachedInput = 0, Output = 0, AsOf = new DateOnly(2026, 1, 1) };
    private static readonly ModelPrice Dear = new() { Model = "dear", Input = 10, CachedInput = 5, Output = 100, AsOf = new DateOnly(2026, 1, 1) };
    private static readonly BudgetDefinition Tokens = new() { Id = "tokens", Unit = BudgetUnit.Tokens, Window = BudgetWindow.Day, Limit = 10_000 };
    private static readonly BudgetDefinition Money = new() { Id = "money", Unit = BudgetUnit.Usd, Window = BudgetWindow.Day, Limit = BudgetDefinition.NanoPerUsd };
    private static readonly BudgetDefinition Requests = new() { Id = "requests", Unit = BudgetUnit.Requests, Window = BudgetWindow.Minute, Limit = 5 };

    // 40 characters and a message's own: 14 tokens.
    private static readonly ChatRequest Question = new() { Messages = [new ChatMessage { Role = ChatRole.User, Text = new string('x', 40) }] };

    [Fact]
    public async Task Call_Completes_CountsWhatTheProviderSaid()
    {
        var world = new World([Tokens, Money, Requests], new FakeModel([Dear], new ChatText("four"), Finished(new ChatUsage(20, 4, 30, 0.0032m))));
        await world.CallAsync();
        await world.Keeper.TickAsync(default);

        Assert.Equal((50, 3_200_000, 1), (world.Owner.Spent("tokens"), world.Owner.Spent("money"), world.Owner.Spent("requests")));
        var record = Assert.Single(world.Costs);
        Assert.Equal(("completed", 20, 4, 30, 0.0032m, false), (record.Outcome, record.InputTokens, record.CachedInputTokens, record.OutputTokens, record.CostUsd!.Value, record.IsEstimated));
    }

    [Fact]
    public async Task Stream_IsAborted_WhatWasDeliveredAndReadIsPaid()
    {
        var world = new World([Tokens, Money], new FakeModel([Dear], new ChatText(new string('a', 400)), new ChatText(new string('b', 400)), Finished(new ChatUsage(14, 0, 999, 1m))));
        await world.CallAsync(readAtMost: 1);
        await world.Keeper.TickAsync(default);

        // 14 tokens read at $10 and 100 written at $100 a million.
        Assert.Equal((114, 10_140_000), (world.Owner.Spent("tokens"), world.Owner.Spent("money")));
        var record = Assert.Single(world.Costs);
        Assert.Equal(("aborted", 14, 100, 0.01014m, true), (record.Outcome, record.InputTokens, record.OutputTokens, record.CostUsd!.Value, record.IsEstimated));
    }

    [Fact]
    public async Task Stream_BreaksOffAfterItsFirstToken_WhatWasDeliveredIsPaid()
    {
        var world = new World([Tokens], new FakeModel([Dear], new ChatText(new string('a', 40))) { Failure = new ModelException("model_stream_broken", "Broken.") { AfterFirstToken = true } });
        await Assert.ThrowsAsync<ModelException>(() => world.CallAsync());
        await world.Keeper.TickAsync(default);

        Assert.Equal(24, world.Owner.Spent("tokens"));
        Assert.Equal(("failed", "model_stream_broken"), (world.Costs.Single().Outcome, world.Costs.Single().Code));
    }

    [Fact]
    public async Task Call_FailsBeforeItsFirstToken_CostsNothingAndHoldsNothing()
    {
        var world = new World([Tokens, Requests], new FakeModel([Dear]) { Failure = new ModelException("model_unavailable", "Away.") { IsRetryable = true } });
        for (var i = 0; i < 20; i++)
        {
            Assert.Equal("model_unavailable", (await Assert.ThrowsAsync<ModelException>(() => world.CallAsync())).Code);
        }

        await world.Keeper.TickAsync(default);
        Assert.Equal((0, 0), (world.Owner.Spent("tokens"), world.Owner.Spent("requests")));
    }

    [Fact]
    public async Task FreeModelWithPaidFallback_ReservesForTheDearestAndCannotSpendWithoutLimit()
    {
        // One answer of 4,096 tokens would cost $0.41 at the fallback: two fit under way, a third does not.
        var model = new FakeModel([Free, Dear], new ChatText("x")) { Hold = true };
        var world = new World([Money], model);
        var first = world.CallAsync();
        var second = world.CallAsync();
        await model.AskedAsync(2);

        Assert.Equal("model_over_budget", (await Assert.ThrowsAsync<ModelException>(() => world.CallAsync())).Code);
        model.Release(Finished(new ChatUsage(14, 0, 4096, 0.40974m)));
        await Task.WhenAll(first, second);
        await world.Keeper.TickAsync(default);
        Assert.Equal(2 * 409_740_000L, world.Owner.Spent("money"));
    }

    [Fact]
    public async Task FallbackWithoutAPrice_BudgetOfMoney_IsRefusedClearly()
    {
        var model = new FakeModel([Free, null], new ChatText("x"), Finished(null));
        var world = new World([Money], model);
        var refused = await Assert.ThrowsAsync<ModelException>(() => world.CallAsync());

        Assert.Equal(("model_price_unknown", 0), (refused.Code, model.Asked));
        Assert.Contains("Models:Prices", refused.Message, StringComparison.Ordinal);
        Assert.Empty(world.Costs);
    }

    [Fact]
    public async Task Call_NamesNoLimit_ItsAnswerIsBoundByWhatIsReserved()
    {
        var model = new FakeModel([Dear], new ChatText("x"), Finished(null));
        await new World([Tokens], model).CallAsync();
        Assert.Equal(4096, model.LastRequest!.OutputLimit);

        var free = new FakeModel([Dear], new ChatText("x"), Finished(null));
        await new World([Requests], free).CallAsync();
        Assert.Null(free.LastRequest!.OutputLimit);
    }

    [Fact]
    public async Task Requests_RateLikeWindow_RefusesAndBeginsAnewWithTheMinute()
    {
        var world = new World([Requests], new FakeModel([Dear], new ChatText("x"), Finished(null)));
        for (var i = 0; i < 5; i++)
        {
            await world.CallAsync();
        }

        var refused = await Assert.ThrowsAsync<ModelException>(() => world.CallAsync());
        Assert.Equal(("model_over_budget", TimeSpan.FromMinutes(1)), (refused.Code, refused.RetryAfter));
        world.Time.Advance(TimeSpan.FromMinutes(1));
        await world.CallAsync();
    }

    [Fact]
    public async Task CachedAnswer_IsRecordedAndCostsNothing()
    {
        var world = new World([Tokens, Requests with { CountsCached = true }], new FakeModel([Dear]), new CacheStage());
        await world.CallAsync();
        await world.Keeper.TickAsync(default);
        await world.CallAsync();
        await world.Keeper.TickAsync(default);

        Assert.Equal(0, world.Owner.Spent("tokens"));
        Assert.All(world.Costs, record => Assert.Equal(("exact", 0m, 0), (record.Cache, record.CostUsd, record.OutputTokens)));
        Assert.Equal(2, world.Costs.Count);
    }

    private static ChatFinished Finished(ChatUsage? usage) => new("stop", usage, "dear", TimeSpan.Zero) { Provider = "p" };

    private sealed class World : IModelCostSink
    {
        private readonly ModelGateway _gateway;

        public World(IReadOnlyList<BudgetDefinition> budgets, FakeModel model, params IReadOnlyList<IModelStage> others)
        {
            Owner = new BookOwner(Time).With(budgets);
            var options = Options.Create(new ModelBudgetOptions());
            Keeper = new BudgetKeeper(Owner, options, Time, NullLogger<BudgetKeeper>.Instance);
            var source = new FakeSource(model);
            _gateway = new ModelGateway([new BudgetStage(Keeper, source, options, Options.Create(new ModelsOptions())), new ModelCostStage(this, Keeper, source, Time), .. others], source, Time);
        }

        public ManualTimeProvider Time { get; } = new();

        public BookOwner Owner { get; }

        public BudgetKeeper Keeper { get; }

        public List<ModelCostRecord> Costs { get; } = [];

        public void Record(string tenantId, ModelCostRecord record)
        {
            lock (Costs)
            {
                Costs.Add(record);
            }
        }

        public async Task CallAsync(int readAtMost = int.MaxValue)
        {
            var call = new ModelCall(new ModelCallOrigin { TenantId = "t-acme", UserId = "u-ada" }, Question, "standard", Time.GetUtcNow());
            await foreach (var _ in _gateway.StreamAsync(call, default))
            {
                if (--readAtMost == 0)
                {
                    break;
                }
            }
        }
    }

    private sealed class FakeSource(IChatModel model) : IChatModelSource
    {
        public bool IsConfigured => true;

        public IReadOnlyList<string> Names => ["p/dear"];

        public IChatModel? Find(string name) => model;
    }

    private sealed class FakeModel(IReadOnlyList<ModelPrice?> prices, params ChatDelta[] deltas) : IChatModel
    {
        private readonly TaskCompletionSource<ChatFinished> _released = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly SemaphoreSlim _asked = new(0);
        private int _count;

        public string Name => "fake";

        public IReadOnlyList<ModelPrice?> Prices => prices;

        public ModelException? Failure { get; init; }

        public bool Hold { get; init; }

        public int Asked => _count;

        public ChatRequest? LastRequest { get; private set; }

        public void Release(ChatFinished finished) => _released.SetResult(finished);

        public async Task AskedAsync(int calls)
        {
            for (var i = 0; i < calls; i++)
            {
                await _asked.WaitAsync();
            }
        }

        public async IAsyncEnumerable<ChatDelta> StreamAsync(ChatRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
        {
            Interlocked.Increment(ref _count);
            LastRequest = request;
            _asked.Release();
            foreach (var delta in deltas)
            {
                yield return delta;
            }

            if (Hold)
            {
                yield return await _released.Task;
            }

            if (Failure is not null)
            {
                throw Failure;
            }
        }
    }

    private sealed class CacheStage : IModelStage
    {
        public string Name => "cache";

        public int Order => ModelStageOrder.ExactCache;

        public ValueTask<ModelStageAnswer?> EnterAsync(ModelCall call, CancellationToken cancellationToken)
        {
            call.Cache = "exact";
            return ValueTask.FromResult<ModelStageAnswer?>(new ModelStageAnswer([new ChatText("known"), Finished(null)]));
        }

        public ValueTask LeaveAsync(ModelCall call, ModelCallOutcome outcome) => default;
    }
}
