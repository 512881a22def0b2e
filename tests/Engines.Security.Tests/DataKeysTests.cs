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

    private sealed class OneVault : ISecretVault
    {
        private readonly ConcurrentDictionary<VaultPath, VaultSecret> _secrets = new();

        public string Description => "in memory";

        public async Task<VaultSecret?> ReadAsync(VaultPath path, int? version = null, CancellationToken cancellationToken = default)
        {
            await Task.Yield();
            return _secrets.GetValueOrDefault(path);
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

        public Task DeleteEarlierAsync(VaultPath path, int version, CancellationToken cancellationToken = default) => Task.CompletedTask;

        public Task<IReadOnlyList<string>> ListAsync(VaultPath path, CancellationToken cancellationToken = default) => throw new NotSupportedException();
    }
}
