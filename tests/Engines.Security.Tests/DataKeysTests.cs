using System.Collections.Concurrent;
using System.Text;
using Steward.Engines.Security.Vault;

namespace Steward.Engines.Security.Tests;

public class DataKeysTests
{
    private readonly ManualTimeProvider _time = new();
    private readonly OneVault _vault = new();

    [Fact]
    public async Task Open_OnlyAtItsPlaceWithItsTenantsKey()
    {
        var keys = new DataKeys(_vault, _time);
        var acme = await keys.GetAsync("t-acme", "memory");
        var sealedBytes = acme.Seal("secret"u8, "here");

        Assert.Equal("secret", Encoding.UTF8.GetString(acme.Open(sealedBytes, "here")!));
        Assert.Null(acme.Open(sealedBytes, "there"));
        Assert.Null((await keys.GetAsync("t-other", "memory")).Open(sealedBytes, "here"));
        Assert.Null((await keys.GetAsync("t-acme", "other")).Open(sealedBytes, "here"));
        for (var i = 0; i < sealedBytes.Length; i++)
        {
            var changed = (byte[])sealedBytes.Clone();
            changed[i] ^= 1;
            Assert.Null(acme.Open(changed, "here"));
            Assert.Null(acme.Open(sealedBytes.AsSpan(0, i), "here"));
        }
    }

    [Fact]
    public async Task Get_TwoProcessesAtOnce_HaveTheSameKey()
    {
        var rings = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => new DataKeys(_vault, _time).GetAsync("t-acme", "memory").AsTask()));
        var sealedBytes = rings[0].Seal("secret"u8, "here");

        Assert.All(rings, ring => Assert.NotNull(ring.Open(sealedBytes, "here")));
    }

    [Fact]
    public async Task Destroy_WhatWasSealedIsGoneEverywhereAfterAWhile()
    {
        var (here, elsewhere) = (new DataKeys(_vault, _time), new DataKeys(_vault, _time));
        var sealedBytes = (await elsewhere.GetAsync("t-acme", "memory")).Seal("secret"u8, "here");

        await here.DestroyAsync("t-acme", "memory");
        Assert.Null((await here.GetAsync("t-acme", "memory")).Open(sealedBytes, "here"));
        _time.Advance(DataKeys.RememberedFor);

        Assert.Null((await elsewhere.GetAsync("t-acme", "memory")).Open(sealedBytes, "here"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Destroy_SomebodyHadReadTheKeyBefore_ItIsNotRemembered(bool finds)
    {
        var keys = new DataKeys(_vault, _time);
        var sealedBytes = (await keys.GetAsync("t-acme", "memory")).Seal("secret"u8, "here");
        _vault.Hold();
        var reading = finds ? keys.FindAsync("t-acme", "memory") : Ask();
        await keys.DestroyAsync("t-acme", "memory");
        _vault.Release();

        Assert.Null((await reading)?.Open(sealedBytes, "here"));
        Assert.Null((await keys.GetAsync("t-acme", "memory")).Open(sealedBytes, "here"));

        async Task<DataKeyRing?> Ask() => await keys.RefreshAsync("t-acme", "memory");
    }

    [Fact]
    public async Task Rotate_NewKeySealsAndTheOldOneStillOpens()
    {
        var (here, elsewhere) = (new DataKeys(_vault, _time), new DataKeys(_vault, _time));
        var before = (await elsewhere.GetAsync("t-acme", "memory")).Seal("secret"u8, "here");

        Assert.Equal(2, await here.RotateAsync("t-acme", "memory"));
        var ring = await here.GetAsync("t-acme", "memory");
        var after = ring.Seal("secret"u8, "here");

        Assert.Equal((false, true), (ring.IsCurrent(before), ring.IsCurrent(after)));
        Assert.NotNull(ring.Open(before, "here"));

        // Who has not heard of it yet asks again.
        Assert.Null((await elsewhere.GetAsync("t-acme", "memory")).Open(after, "here"));
        Assert.NotNull((await elsewhere.RefreshAsync("t-acme", "memory")).Open(after, "here"));
        Assert.Equal(3, await elsewhere.RotateAsync("t-acme", "memory"));
    }

    [Fact]
    public async Task RemoveEarlier_OnlyTheCurrentKeyIsLeftInAllVersions()
    {
        var keys = new DataKeys(_vault, _time);
        var before = (await keys.GetAsync("t-acme", "memory")).Seal("secret"u8, "here");
        var first = (await keys.GetAsync("t-acme", "memory")).CurrentId;
        await keys.RotateAsync("t-acme", "memory");
        var current = (await keys.GetAsync("t-acme", "memory")).CurrentId;
        var after = (await keys.GetAsync("t-acme", "memory")).Seal("secret"u8, "here");

        Assert.Equal((first, current), (DataKeyRing.KeyIdOf(before), DataKeyRing.KeyIdOf(after)));
        Assert.False(await keys.RemoveEarlierAsync("t-acme", "memory", first));
        Assert.Equal(2, (await keys.GetAsync("t-acme", "memory")).Count);
        Assert.True(await keys.RemoveEarlierAsync("t-acme", "memory", current));
        Assert.True(await keys.RemoveEarlierAsync("t-acme", "memory", current));

        var ring = (await keys.FindAsync("t-acme", "memory"))!;
        Assert.Equal((1, true, false), (ring.Count, ring.Has(current), ring.Has(first)));
        Assert.Null(ring.Open(before, "here"));
        Assert.NotNull(ring.Open(after, "here"));
        Assert.Equal(3, _vault.EarlierRemovedFrom);
    }

    [Fact]
    public async Task Find_NoKey_MakesNone()
    {
        Assert.Null(await new DataKeys(_vault, _time).FindAsync("t-none", "memory"));
        Assert.Null(await _vault.ReadAsync(new VaultPath("t-none", "data-keys/memory")));
    }

    [Fact]
    public async Task Get_VaultIsAway_KeyIsUsedForTenMinutesAndNotLonger()
    {
        var keys = new DataKeys(_vault, _time);
        var known = await keys.GetAsync("t-acme", "memory");
        _vault.IsAway = true;

        _time.Advance(DataKeys.RememberedFor + TimeSpan.FromSeconds(1));
        Assert.Same(known, await keys.GetAsync("t-acme", "memory"));
        var asked = _vault.Asked;
        Assert.Same(known, await keys.GetAsync("t-acme", "memory"));
        Assert.Equal(asked, _vault.Asked);

        _time.Advance(DataKeys.TrustedFor - DataKeys.RememberedFor);
        await Assert.ThrowsAsync<VaultException>(() => keys.GetAsync("t-acme", "memory").AsTask());
        _vault.IsAway = false;
        Assert.Equal(known.CurrentId, (await keys.GetAsync("t-acme", "memory")).CurrentId);
    }

    private sealed class OneVault : ISecretVault
    {
        public bool IsAway { get; set; }

        public int Asked { get; private set; }

        public int EarlierRemovedFrom { get; private set; }

        private readonly ConcurrentDictionary<VaultPath, VaultSecret> _secrets = new();

        private TaskCompletionSource? _held;

        /// <summary>Lets the next reading answer late what it has read now.</summary>
        public void Hold() => _held = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

        public void Release() => Interlocked.Exchange(ref _held, null)?.SetResult();

        public string Description => "in memory";

        public async Task<VaultSecret?> ReadAsync(VaultPath path, int? version = null, CancellationToken cancellationToken = default)
        {
            if (_held is { } held)
            {
                var read = _secrets.GetValueOrDefault(path);
                await held.Task;
                return read;
            }

            await Task.Yield();
            Asked++;
            return IsAway ? throw new VaultException("The vault is away.", isRetryable: true) : _secrets.GetValueOrDefault(path);
        }

        public async Task<int> WriteAsync(VaultPath path, IReadOnlyDictionary<string, SecretText> values, int? expectedVersion = null, CancellationToken cancellationToken = default)
        {
            await Task.Yield();
            var before = _secrets.GetValueOrDefault(path);
            var after = new VaultSecret((before?.Version ?? 0) + 1, values, DateTimeOffset.UnixEpoch);
            var isWritten = (before?.Version ?? 0) == expectedVersion && (before is null ? _secrets.TryAdd(path, after) : _secrets.TryUpdate(path, after, before));
            return isWritten ? after.Version : throw new VaultConflictException("There is another version.");
        }

        public Task DeleteAsync(VaultPath path, CancellationToken cancellationToken = default)
        {
            _secrets.TryRemove(path, out _);
            return Task.CompletedTask;
        }

        public Task DeleteEarlierAsync(VaultPath path, int version, CancellationToken cancellationToken = default)
        {
            EarlierRemovedFrom = version;
            return Task.CompletedTask;
        }

        public Task<IReadOnlyList<string>> ListAsync(VaultPath path, CancellationToken cancellationToken = default) => throw new NotSupportedException();
    }
}
