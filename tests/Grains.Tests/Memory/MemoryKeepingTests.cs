using Microsoft.Extensions.DependencyInjection;
using Steward.Engines.Security;
using Steward.Engines.Security.Vault;
using Steward.Errors;
using Steward.Grains.Tests.Hosting;
using Steward.Identity;
using Steward.Memory;
using Steward.Storage;
using static Steward.Grains.Tests.Memory.Remembering;

namespace Steward.Grains.Tests.Memory;

/// <summary>What the tenant wants of its people's memories is kept to, whether they come back or not.</summary>
[Collection(TimedClusterGroup.Name)]
public class MemoryKeepingTests
{
    private readonly TimedCluster _cluster;
    private readonly string _tenant = "t-" + Guid.NewGuid().ToString("n")[..16];

    public MemoryKeepingTests(TimedCluster cluster)
    {
        _cluster = cluster;
        SignInAsAdmin();
    }

    private IMemoryKeepingGrain Keeping => _cluster.Grains.GetGrain<IMemoryKeepingGrain>(GrainKeys.MemoryKeeping(_tenant));

    private IMemoryPatternsGrain Patterns => _cluster.Grains.GetGrain<IMemoryPatternsGrain>(GrainKeys.MemoryPatterns(_tenant));

    private DataKeys Keys => _cluster.Silo.GetRequiredService<DataKeys>();

    private DateTimeOffset Now => _cluster.Time.GetUtcNow();

    [Fact]
    public async Task Set_WhatIsOverItsTimeGoesAlsoOfPeopleWhoNeverComeBack_AndThatIsProved()
    {
        await NoteAsync("u-a", Said("office", "Berlin"), Said("manager", "Jane"), Said("allergy", "nuts", MemoryKind.Constraint));
        await NoteAsync("u-b", Said("office", "Paris"));
        _cluster.Time.Advance(TimeSpan.FromDays(5));
        await NoteAsync("u-c", Said("office", "Rome"));
        var left = Now;

        SignInAsAdmin();
        await Keeping.Set(new SetMemoryRetention { Kinds = [new MemoryKindRetention { Kind = MemoryKind.Fact, RetentionDays = 3 }] });
        var retention = await EndedAsync(1);

        var pass = retention.Passes[0];
        Assert.Equal((3, 3, 0, 0, 0), (pass.People, pass.Removed[MemoryKind.Fact], pass.Failed, pass.Unreadable, pass.KeysRemoved));
        Assert.Equal([(MemoryKind.Fact, 1), (MemoryKind.Constraint, 1)], pass.Left.Select(kind => (kind.Key, kind.Value)).OrderBy(kind => kind.Key));
        Assert.InRange(pass.Oldest[MemoryKind.Fact], left.AddMinutes(-1), left);
        Assert.InRange(pass.Oldest[MemoryKind.Constraint], left.AddDays(-5).AddMinutes(-1), left.AddDays(-5));
        Assert.True(retention.NextAt > Now && retention.NextAt < Now.AddDays(2));
        Assert.Equal(["nuts"], await ValuesAsync("u-a"));
        Assert.Empty(await ValuesAsync("u-b"));
        Assert.Equal(["Rome"], await ValuesAsync("u-c"));
        Assert.False(await _cluster.HoldsPlainAsync(GrainKeys.MemoryKeeping(_tenant), "Rome"));

        // The person sees it, and the memory keeps to it by itself from then on.
        _cluster.SignIn(_tenant, "u-c");
        var settings = await MemoryOf("u-c").GetSettings();
        Assert.Equal(3, settings.Kinds.Single(kind => kind.Kind == MemoryKind.Fact).TenantRetentionDays);
        Assert.InRange((await _cluster.Journals.GetHeadAsync(GrainKeys.UserMemory(_tenant, "u-c")))!.WakeAt!.Value, left.AddDays(3).AddMinutes(-1), left.AddDays(3).AddMinutes(1));
    }

    [Fact]
    public async Task Resume_AtNight_BeginsAPassAndThenNoneUntilTheNext()
    {
        await NoteAsync("u-a", Said("office", "Berlin"));
        _cluster.SignInAsPlatform(_tenant);
        await Keeping.Resume();
        SignInAsAdmin();
        var planned = await Keeping.Get();
        Assert.Empty(planned.Passes);
        Assert.Equal(3, planned.NextAt!.Value.UtcDateTime.Hour);

        _cluster.Time.Advance(planned.NextAt.Value - Now + TimeSpan.FromSeconds(1));
        _cluster.SignInAsPlatform(_tenant);
        await _cluster.WatchdogAsync(_tenant);
        var pass = (await EndedAsync(1)).Passes[0];
        Assert.Equal((1, 1), (pass.People, pass.Left[MemoryKind.Fact]));

        var sequence = (await _cluster.Journals.GetHeadAsync(GrainKeys.UserMemory(_tenant, "u-a")))!.Sequence;
        _cluster.SignInAsPlatform(_tenant);
        await Keeping.Resume();
        SignInAsAdmin();
        Assert.Single((await Keeping.Get()).Passes);

        // A pass in which nothing is to be done writes nothing to the memories.
        await Keeping.Begin();
        await EndedAsync(2);
        Assert.Equal(sequence, (await _cluster.Journals.GetHeadAsync(GrainKeys.UserMemory(_tenant, "u-a")))!.Sequence);
    }

    [Fact]
    public async Task Pass_LostBetweenTwoPages_GoesOnBehindTheFirst()
    {
        await NoteAsync("u-a", Said("office", "Berlin"));
        await NoteAsync("u-b", Said("office", "Paris"));
        await NoteAsync("u-c", Said("office", "Rome"));
        for (var number = 0; number < 250; number++)
        {
            // More journals of one person than a page has.
            await _cluster.Journals.AppendAsync(new JournalAppend
            {
                Journal = $"{_tenant}/u-a/s-{number:d4}",
                ExpectedSequence = 0,
                Records = [new JournalRecord { Type = "test", At = Now, Payload = "{}"u8.ToArray() }],
            });
        }

        // The key, the beginning and the first page are noted; the second is not, and the activation goes.
        SignInAsAdmin();
        _cluster.Faults.LoseAfter(GrainKeys.MemoryKeeping(_tenant), 3);
        await Keeping.Begin();
        await _cluster.DeactivatedAsync(Keeping);
        _cluster.Faults.Lose(GrainKeys.MemoryKeeping(_tenant), 0);
        var interrupted = await Keeping.Get();
        Assert.Equal((1, null), (interrupted.Passes[0].People, interrupted.Passes[0].EndedAt));

        _cluster.SignInAsPlatform(_tenant);
        await _cluster.WatchdogAsync(_tenant);

        var pass = (await EndedAsync(1)).Passes[0];
        Assert.Equal((3, 3, 0), (pass.People, pass.Left[MemoryKind.Fact], pass.Failed));
    }

    [Fact]
    public async Task Rotate_AllIsSealedAnewAndTheEarlierKeyIsGone()
    {
        await NoteAsync("u-a", Said("office", "Berlin"));
        await NoteAsync("u-b", Said("office", "Paris"));
        var before = await Keys.GetAsync(_tenant, "memory");
        SignInAsAdmin();
        Assert.Equal(2, (await Patterns.RotateKey()).Keys);

        // Another silo may seal with the key before for a while: a pass that begins now removes nothing.
        await Keeping.Begin();
        var early = await EndedAsync(1);
        Assert.Equal((2, 2, 0), (early.Passes[0].People, early.Passes[0].SealedAnew, early.Passes[0].KeysRemoved));
        Assert.InRange(early.NextAt!.Value, Now, Now + MemoryKeepingGrain.KeySettles);
        Assert.Equal(2, (await Keys.GetAsync(_tenant, "memory")).Count);

        _cluster.Time.Advance(MemoryKeepingGrain.KeySettles + TimeSpan.FromMinutes(1));
        _cluster.SignInAsPlatform(_tenant);
        await _cluster.WatchdogAsync(_tenant);
        var late = await EndedAsync(2);

        Assert.Equal((2, 0, 1), (late.Passes[0].People, late.Passes[0].SealedAnew, late.Passes[0].KeysRemoved));
        var ring = await new DataKeys(_cluster.Silo.GetRequiredService<ISecretVault>(), _cluster.Time).GetAsync(_tenant, "memory");
        Assert.Equal((1, false), (ring.Count, ring.Has(before.CurrentId)));
        for (var version = 1; version < 3; version++)
        {
            Assert.Null(await _cluster.Silo.GetRequiredService<ISecretVault>().ReadAsync(new VaultPath(_tenant, "data-keys/memory"), version));
        }

        Assert.Equal(["Berlin"], await ValuesAsync("u-a"));
        Assert.Equal(["Paris"], await ValuesAsync("u-b"));
    }

    [Fact]
    public async Task Pass_OneMemoryCannotBeLookedAt_RemovesNoKeyAndComesAgain()
    {
        await NoteAsync("u-a", Said("office", "Berlin"));
        await NoteAsync("u-b", Said("office", "Paris"));
        SignInAsAdmin();
        await Patterns.RotateKey();
        _cluster.Time.Advance(MemoryKeepingGrain.KeySettles + TimeSpan.FromMinutes(1));
        _cluster.Faults.Lose(GrainKeys.UserMemory(_tenant, "u-a"), 1);

        await Keeping.Set(new SetMemoryRetention { Kinds = [new MemoryKindRetention { Kind = MemoryKind.Fact, RetentionDays = 300 }] });
        var retention = await EndedAsync(1);

        Assert.Equal((2, 1, 0), (retention.Passes[0].People, retention.Passes[0].Failed, retention.Passes[0].KeysRemoved));
        Assert.InRange(retention.NextAt!.Value, Now, Now.AddHours(1));
        await Keeping.Begin();
        Assert.Equal((0, 1), ((await EndedAsync(2)).Passes[0].Failed, (await Keeping.Get()).Passes[0].KeysRemoved));
        Assert.Equal(["Berlin"], await ValuesAsync("u-a"));
    }

    [Fact]
    public async Task Pass_TheVaultKeepsEarlierVersions_EndsAllTheSameAndSaysSo()
    {
        await NoteAsync("u-a", Said("office", "Berlin"));
        SignInAsAdmin();
        await Patterns.RotateKey();
        _cluster.Time.Advance(MemoryKeepingGrain.KeySettles + TimeSpan.FromMinutes(1));
        _cluster.Vault.KeepsVersionsOf = _tenant;

        await Keeping.Begin();
        var refused = await EndedAsync(1);

        Assert.Equal((1, 0, true), (refused.Passes[0].People, refused.Passes[0].KeysRemoved, refused.Passes[0].KeysRemain));
        Assert.InRange(refused.NextAt!.Value, Now, Now.AddHours(1));

        // Retention goes on by itself, and the versions go once that is allowed.
        _cluster.Vault.KeepsVersionsOf = null;
        _cluster.Time.Advance(TimeSpan.FromHours(1) + TimeSpan.FromMinutes(1));
        _cluster.SignInAsPlatform(_tenant);
        await _cluster.WatchdogAsync(_tenant);
        Assert.False((await EndedAsync(2)).Passes[0].KeysRemain);
        Assert.Null(await _cluster.Vault.ReadAsync(new VaultPath(_tenant, "data-keys/memory"), 1));
        Assert.Equal(["Berlin"], await ValuesAsync("u-a"));
    }

    [Fact]
    public async Task DestroyKey_OpenMemoriesAreGivenUpAndBeginAnew()
    {
        await NoteAsync("u-a", Said("office", "Berlin"));
        var said = Now;
        SignInAsAdmin();
        Assert.Equal("confirm", (await Assert.ThrowsAsync<StewardException>(() => Keeping.DestroyKey("yes"))).Field);
        Assert.Equal(["Berlin"], await ValuesAsync("u-a"));
        SignInAsAdmin();

        var destroyed = await Keeping.DestroyKey(_tenant);

        Assert.Equal(("u-root", DataKeys.TrustedFor), (destroyed.By, destroyed.HoldsEverywhereAt - destroyed.At));
        Assert.Equal(ErrorCodes.MemoryUnreadable, (await Assert.ThrowsAsync<StewardException>(() => ValuesAsync("u-a"))).Code);
        _cluster.Time.Advance(MemoryKeepingGrain.KeySettles + TimeSpan.FromMinutes(1));
        _cluster.SignInAsPlatform(_tenant);
        await _cluster.WatchdogAsync(_tenant);
        var pass = (await EndedAsync(1)).Passes[0];
        Assert.Equal((1, 1, 0), (pass.People, pass.BegunAnew, pass.Unreadable));
        Assert.Equal(destroyed, (await Keeping.Get()).KeyDestroyed);

        // It begins anew, with nothing kept until the person says so, and what was said before does not come back.
        await NoteAsync("u-a", Now, "s-1/r-1", Said("office", "Bonn"));
        Assert.Empty(await ValuesAsync("u-a"));
        Assert.All((await MemoryOf("u-a").GetSettings()).Kinds, kind => Assert.False(kind.IsKept));
        await MemoryOf("u-a").SetSettings(new SetMemorySettings { Kinds = [new SetMemoryKind { Kind = MemoryKind.Fact, IsKept = true }] });
        await NoteAsync("u-a", said, "s-1/r-2", Said("office", "Berlin"));
        Assert.Empty(await ValuesAsync("u-a"));
        await NoteAsync("u-a", Now, "s-1/r-3", Said("office", "Oslo"));
        Assert.Equal(["Oslo"], await ValuesAsync("u-a"));
        _cluster.SignIn(_tenant, "u-a");
        Assert.Equal("key-destroyed", (await MemoryOf("u-a").GetErasure())!.OperationId);
    }

    [Fact]
    public async Task Keeping_OthersThanAdmins_AreRefused()
    {
        _cluster.SignIn(_tenant, "u-ada");
        foreach (var ask in new Func<Task>[] { () => Keeping.Get(), () => Keeping.Begin(), () => Keeping.Set(new SetMemoryRetention { Kinds = [] }), () => Keeping.DestroyKey(_tenant), () => Keeping.NoteKey(), () => Keeping.Resume() })
        {
            Assert.Equal(ErrorCodes.Forbidden, (await Assert.ThrowsAsync<StewardException>(ask)).Code);
        }

        _cluster.SignIn("t-other", "u-root", WellKnownRoles.Admin);
        Assert.Equal(ErrorCodes.NotFound, (await Assert.ThrowsAsync<StewardException>(() => Keeping.Get())).Code);
        _cluster.SignIn(_tenant, "u-a", WellKnownRoles.Admin);
        Assert.Equal(ErrorCodes.Forbidden, (await Assert.ThrowsAsync<StewardException>(() => MemoryOf("u-a").Keep(new KeepMemory { RetentionDays = new Dictionary<MemoryKind, int>() }))).Code);
    }

    private IUserMemoryGrain MemoryOf(string user) => _cluster.MemoryOf(user, _tenant);

    private void SignInAsAdmin() => _cluster.SignIn(_tenant, "u-root", WellKnownRoles.Admin);

    private Task NoteAsync(string user, params MemoryStatement[] statements) => NoteAsync(user, Now, $"s-1/{user}-1", statements);

    private Task NoteAsync(string user, DateTimeOffset saidAt, string messageId, params MemoryStatement[] statements)
    {
        _cluster.SignInAsPlatform(_tenant);
        return MemoryOf(user).Note(new NoteStatements { MessageId = messageId, SaidAt = saidAt, Statements = statements });
    }

    private async Task<IReadOnlyList<string>> ValuesAsync(string user)
    {
        _cluster.SignIn(_tenant, user);
        return [.. (await MemoryOf(user).AllAsync(superseded: true)).Select(item => item.Value)];
    }

    private async Task<MemoryRetention> EndedAsync(int passes)
    {
        SignInAsAdmin();
        await Conversing.UntilAsync(async () => (await Keeping.Get()).Passes is var all && all.Count == passes && all[0].EndedAt is not null);
        return await Keeping.Get();
    }
}
