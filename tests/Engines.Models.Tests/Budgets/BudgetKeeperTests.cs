using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Steward.Engines.Models.Budgets;
using Steward.Engines.Models.Gateway;

namespace Steward.Engines.Models.Tests.Budgets;

/// <summary>Many callers at once, on one silo and on two.</summary>
public sealed class BudgetKeeperTests
{
    private static readonly BudgetDefinition All = new() { Id = "all", Unit = BudgetUnit.Tokens, Window = BudgetWindow.Day, Limit = 10_000 };
    private static readonly ModelCallOrigin Ada = new() { TenantId = "t-acme", UserId = "u-ada", Team = "ops" };

    // Nobody gives up while the test's clock runs ahead of its threads.
    private readonly ModelBudgetOptions _options = new() { RecallWait = TimeSpan.FromDays(1), OwnerWait = TimeSpan.FromDays(1), Lease = TimeSpan.FromDays(2) };
    private readonly ManualTimeProvider _time = new();

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Reserve_100ConcurrentCallers_AsManyGetInAsTheLimitHasRoomFor(int silos)
    {
        var owner = new BookOwner(_time).With(All);
        var keepers = Enumerable.Range(0, silos).Select(_ => Keeper(owner)).ToList();
        var callers = Enumerable.Range(0, 100).Select(i => Task.Run(() => TryAsync(keepers[i % silos], Ada, 130))).ToList();
        await DriveAsync(keepers, callers);

        // Exactly: 76 of 130 fit into 10,000, the 77th does not.
        var inside = callers.Where(caller => caller.Result is not null).Select(caller => caller.Result!).ToList();
        Assert.Equal(76, inside.Count);

        // Each uses one token less: to the token, that is what counts, and what was not needed is there again.
        inside.ForEach(reservation => BudgetKeeper.Settle(reservation, new BudgetAmount(129, 0, 1)));
        await TickAsync(keepers);
        Assert.Equal(76 * 129, owner.Spent("all"));

        // What a silo was told of the others' calls holds for a quarter of a second.
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.NotNull(await DriveAsync(keepers, TryAsync(keepers[0], Ada, 10_000 - (76 * 129))));
        Assert.Null(await DriveAsync(keepers, TryAsync(keepers[silos - 1], Ada, 1)));
    }

    [Fact]
    public async Task Calls_ConcurrentWithRandomUseAndAborts_CountToTheToken()
    {
        var owner = new BookOwner(_time).With(All with { Limit = 1_000_000_000 });
        List<BudgetKeeper> keepers = [Keeper(owner), Keeper(owner)];
        long used = 0;
        var callers = Enumerable.Range(0, 64).Select(caller => Task.Run(async () =>
        {
            for (var i = 0; i < 200; i++)
            {
                var reservation = await keepers[caller % 2].ReserveAsync(Ada, new BudgetAmount(500, null, 1), default);
                var tokens = ((caller * 31) + (i * 17)) % 501;
                Interlocked.Add(ref used, tokens);
                BudgetKeeper.Settle(reservation, new BudgetAmount(tokens, null, 1));

                // Told twice, it counts once.
                BudgetKeeper.Settle(reservation, new BudgetAmount(tokens, null, 1));
            }
        })).ToList();
        await DriveAsync(keepers, callers);
        await TickAsync(keepers);

        Assert.Equal(used, owner.Spent("all"));
    }

    [Fact]
    public async Task Stop_TellsWhatWasUsedAndGivesTheRestBack()
    {
        var owner = new BookOwner(_time).With(All);
        var keeper = Keeper(owner);
        BudgetKeeper.Settle((await TryAsync(keeper, Ada, 500))!, new BudgetAmount(321, 0, 1));
        await keeper.StopAsync(default);

        Assert.Equal((321, 0), (owner.Spent("all"), owner.Held("all")));
    }

    [Fact]
    public async Task Reserve_OwnerIsAway_WhatIsHeldIsSpentAndThenItIsSaidThatItCannotBeAsked()
    {
        var owner = new BookOwner(_time).With(All with { Window = BudgetWindow.Month });
        var keeper = Keeper(owner);
        BudgetKeeper.Settle((await TryAsync(keeper, Ada, 500))!, new BudgetAmount(0, 0, 0));
        owner.Unreachable = int.MaxValue;

        Assert.NotNull(await TryAsync(keeper, Ada, 500));
        var late = keeper.ReserveAsync(Ada, new BudgetAmount(9_000, 0, 1), default).AsTask();
        while (!late.IsCompleted)
        {
            _time.Advance(TimeSpan.FromHours(1));
            await keeper.TickAsync(default);
            await Task.Delay(1);
        }

        var refused = await Assert.ThrowsAsync<ModelException>(() => late);
        Assert.Equal(("model_unavailable", true), (refused.Code, refused.IsRetryable));
    }

    [Fact]
    public async Task Reserve_OverTheLimit_SaysWhichBudgetAndWhenItBeginsAnew()
    {
        var keeper = Keeper(new BookOwner(_time).With(All with { Id = "ops-day", Scope = BudgetScope.Team, Subject = "ops", TimeZone = "Europe/Berlin" }));
        Assert.NotNull(await TryAsync(keeper, Ada, 9_000));

        var refused = await Assert.ThrowsAsync<ModelException>(() => keeper.ReserveAsync(Ada, new BudgetAmount(2_000, 0, 1), default).AsTask());
        Assert.Equal(("model_over_budget", false, TimeSpan.FromHours(11)), (refused.Code, refused.IsRetryable, refused.RetryAfter));
        Assert.Contains("'ops-day' of ops", refused.Message, StringComparison.Ordinal);
        Assert.Contains("2026-11-20 23:00 UTC", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Reserve_MoreThanTheLimitEverHas_IsRefusedWithoutAPromise()
    {
        var keeper = Keeper(new BookOwner(_time).With(All));
        Assert.NotNull(await TryAsync(keeper, Ada, 1));

        var refused = await Assert.ThrowsAsync<ModelException>(() => keeper.ReserveAsync(Ada, new BudgetAmount(10_001, 0, 1), default).AsTask());
        Assert.Equal(("model_over_budget", null), (refused.Code, refused.RetryAfter));
    }

    [Fact]
    public async Task Reserve_BudgetOfMoneyAndNoPrice_IsRefusedAndTakesNothing()
    {
        var owner = new BookOwner(_time).With(All with { Id = "money", Unit = BudgetUnit.Usd }, All);
        var keeper = Keeper(owner);
        var refused = await Assert.ThrowsAsync<ModelException>(() => keeper.ReserveAsync(Ada, new BudgetAmount(100, null, 1), default).AsTask());

        Assert.Equal("model_price_unknown", refused.Code);
        Assert.NotNull(await TryAsync(keeper, Ada, 10_000));
    }

    [Fact]
    public async Task Reserve_TeamAndPeople_EachCountsTheirOwn()
    {
        var owner = new BookOwner(_time).With(
            All with { Id = "each", Scope = BudgetScope.User, Limit = 100 },
            All with { Id = "team", Scope = BudgetScope.Team, Subject = "ops", Limit = 150 },
            All with { Id = "tag", Scope = BudgetScope.Tag, Subject = "project=apollo", Limit = 1000 });
        var keeper = Keeper(owner);
        var bob = Ada with { UserId = "u-bob", Tags = new Dictionary<string, string> { ["project"] = "apollo" } };
        BudgetKeeper.Settle((await TryAsync(keeper, Ada, 100))!, new BudgetAmount(100, 0, 1));

        // Ada is at her limit; Bob is not, though his team has used 100 of its 150 already.
        Assert.Null(await TryAsync(keeper, Ada, 1));
        BudgetKeeper.Settle((await TryAsync(keeper, bob, 50))!, new BudgetAmount(50, 0, 1));
        Assert.Null(await TryAsync(keeper, bob, 1));

        // Without the team, his own budget has room.
        Assert.NotNull(await TryAsync(keeper, bob with { Team = null }, 50));
        await keeper.TickAsync(default);
        Assert.Equal((100, 50, 150, 50), (owner.Spent("each", "u-ada"), owner.Spent("each", "u-bob"), owner.Spent("team", "ops"), owner.Spent("tag", "project=apollo")));
    }

    [Fact]
    public async Task CountCached_OnlyBudgetsThatWantTo()
    {
        var owner = new BookOwner(_time).With(All with { Id = "all-requests", Unit = BudgetUnit.Requests, CountsCached = true }, All with { Id = "asked", Unit = BudgetUnit.Requests }, All);
        var keeper = Keeper(owner);
        BudgetKeeper.Settle((await TryAsync(keeper, Ada, 10))!, new BudgetAmount(10, 0, 1));
        keeper.CountCached(Ada);
        await keeper.TickAsync(default);

        Assert.Equal((2, 1, 10), (owner.Spent("all-requests"), owner.Spent("asked"), owner.Spent("all")));
    }

    private BudgetKeeper Keeper(IBudgetOwner owner) =>
        new(owner, Options.Create(_options), _time, NullLogger<BudgetKeeper>.Instance);

    private static async Task<BudgetReservation?> TryAsync(BudgetKeeper keeper, ModelCallOrigin origin, long tokens)
    {
        try
        {
            return await keeper.ReserveAsync(origin, new BudgetAmount(tokens, 0, 1), default);
        }
        catch (ModelException refused) when (refused.Code == "model_over_budget")
        {
            return null;
        }
    }

    private async Task DriveAsync(List<BudgetKeeper> keepers, IReadOnlyCollection<Task> callers)
    {
        var all = Task.WhenAll(callers);
        while (!all.IsCompleted)
        {
            _time.Advance(TimeSpan.FromMilliseconds(5));
            await Task.WhenAll(keepers.Select(keeper => keeper.TickAsync(default)));
            await Task.Delay(1);
        }

        await all;
    }

    private async Task<T> DriveAsync<T>(List<BudgetKeeper> keepers, Task<T> caller)
    {
        await DriveAsync(keepers, [caller]);
        return await caller;
    }

    // Twice: what is under way may not know of the last call.
    private static async Task TickAsync(List<BudgetKeeper> keepers)
    {
        for (var i = 0; i < 2; i++)
        {
            await Task.WhenAll(keepers.Select(keeper => keeper.TickAsync(default)));
        }
    }
}
