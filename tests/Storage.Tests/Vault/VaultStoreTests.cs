using Microsoft.Extensions.DependencyInjection;

namespace Steward.Storage.Tests.Vault;

/// <summary>What every store of the embedded vault must do.</summary>
public abstract class VaultStoreTests(StorageFixture fixture)
{
    private static readonly DateTimeOffset Noon = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    private readonly string _tenant = $"t-{Guid.NewGuid():n}";

    private IVaultStore Store => fixture.Services.GetRequiredService<IVaultStore>();

    [Fact]
    public async Task Add_NextVersion_IsThere()
    {
        Assert.True(await Store.AddAsync(Row("connectors/okta", 1)));
        Assert.True(await Store.AddAsync(Row("connectors/okta", 2)));

        Assert.Equal(2, await Store.GetVersionAsync(_tenant, "connectors/okta"));
        Equal(Row("connectors/okta", 2), await Store.ReadAsync(_tenant, "connectors/okta", null));
        Equal(Row("connectors/okta", 1), await Store.ReadAsync(_tenant, "connectors/okta", 1));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public async Task Add_NotTheNextVersion_ChangesNothing(int version)
    {
        await Store.AddAsync(Row("a", 1));

        Assert.False(await Store.AddAsync(Row("a", version) with { Sealed = [9, 9, 9] }));

        Equal(Row("a", 1), await Store.ReadAsync(_tenant, "a", null));
    }

    [Fact]
    public async Task Add_ManyAtOnce_ExactlyOneIsAdded()
    {
        for (var version = 1; version <= 5; version++)
        {
            var results = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => Task.Run(async () => await Store.AddAsync(Row("race", version)))));

            Assert.Single(results, added => added);
        }
    }

    [Fact]
    public async Task Add_MoreThanAreKept_RemovesTheOldest()
    {
        for (var version = 1; version <= IVaultStore.KeptVersions + 2; version++)
        {
            Assert.True(await Store.AddAsync(Row("a", version)));
        }

        Assert.Null(await Store.ReadAsync(_tenant, "a", 2));
        Assert.NotNull(await Store.ReadAsync(_tenant, "a", 3));
    }

    [Fact]
    public async Task Remove_AllVersions_OfThisSecretOnly()
    {
        await Store.AddAsync(Row("a", 1));
        await Store.AddAsync(Row("a", 2));
        await Store.AddAsync(Row("a/b", 1));

        Assert.Equal(2, await Store.RemoveAsync(_tenant, "a"));
        Assert.Equal(0, await Store.RemoveAsync(_tenant, "a"));

        Assert.Null(await Store.ReadAsync(_tenant, "a", null));
        Assert.Null(await Store.ReadAsync(_tenant, "a", 1));
        Assert.NotNull(await Store.ReadAsync(_tenant, "a/b", null));
        Assert.True(await Store.AddAsync(Row("a", 1)));
    }

    [Fact]
    public async Task Read_OtherTenant_FindsNothing()
    {
        await Store.AddAsync(Row("a", 1));

        Assert.Null(await Store.ReadAsync(_tenant + "x", "a", null));
        Assert.Equal(0, await Store.RemoveAsync(_tenant + "x", "a"));
        Assert.Empty(await Store.ListAsync(_tenant + "x", "a", null, 10));
    }

    [Fact]
    public async Task List_Prefix_GivesPathsOnceInOrderAndPages()
    {
        foreach (var path in new[] { "c/b", "c/a", "c/a/x", "c-d", "c.d", "b/z", "d" })
        {
            await Store.AddAsync(Row(path, 1));
            await Store.AddAsync(Row(path, 2));
        }

        Assert.Equal(["c/a", "c/a/x", "c/b"], await Store.ListAsync(_tenant, "c/", null, 10));
        Assert.Equal(["c/a", "c/a/x"], await Store.ListAsync(_tenant, "c/", null, 2));
        Assert.Equal(["c/b"], await Store.ListAsync(_tenant, "c/", "c/a/x", 2));
    }

    [Fact]
    public async Task Rewrap_OldKey_ReplacesOnlyTheWrappedKey()
    {
        var (old, current) = ($"old-{_tenant}", $"new-{_tenant}");
        await Store.AddAsync(Row("a", 1) with { KeyId = old });
        var row = Assert.Single(await Store.ListOtherKeysAsync("none", 1_000), row => row.KeyId == old);

        Assert.True(await Store.RewrapAsync(row with { KeyId = current, WrappedKey = [7], Sealed = [8] }, old));
        Assert.False(await Store.RewrapAsync(row with { KeyId = "other", WrappedKey = [9] }, old));

        Equal(Row("a", 1) with { KeyId = current, WrappedKey = [7] }, await Store.ReadAsync(_tenant, "a", null));
        Assert.Contains(current, await Store.ListKeysAsync());
        Assert.DoesNotContain(old, await Store.ListKeysAsync());
        Assert.DoesNotContain(await Store.ListOtherKeysAsync(current, 1_000), found => found.KeyId == current);
    }

    [Fact]
    public async Task Add_InvalidArgument_IsRefused()
    {
        foreach (var bad in new[]
        {
            Row("a", 0),
            Row("", 1),
            Row("a b", 1),
            Row("ä", 1),
            Row(new string('a', 513), 1),
            Row("a", 1) with { TenantId = "" },
            Row("a", 1) with { KeyId = "" },
            Row("a", 1) with { Sealed = new byte[(1024 * 1024) + 1] },
        })
        {
            await Assert.ThrowsAnyAsync<ArgumentException>(async () => await Store.AddAsync(bad));
        }

        await Assert.ThrowsAnyAsync<ArgumentException>(async () => await Store.ListAsync(_tenant, "", null, 10));
        await Assert.ThrowsAnyAsync<ArgumentException>(async () => await Store.ListAsync(_tenant, "a", null, 0));
    }

    private VaultRow Row(string path, int version) => new()
    {
        TenantId = _tenant,
        Path = path,
        Version = version,
        CreatedAt = Noon.AddMilliseconds(version),
        KeyId = "key",
        WrappedKey = [1, (byte)version],
        Sealed = [2, (byte)version],
    };

    private static void Equal(VaultRow expected, VaultRow? actual)
    {
        Assert.NotNull(actual);
        Assert.Equal(
            (expected.TenantId, expected.Path, expected.Version, expected.CreatedAt, expected.KeyId, Convert.ToHexString(expected.WrappedKey), Convert.ToHexString(expected.Sealed)),
            (actual.TenantId, actual.Path, actual.Version, actual.CreatedAt, actual.KeyId, Convert.ToHexString(actual.WrappedKey), Convert.ToHexString(actual.Sealed)));
    }
}

public sealed class SqliteVaultStoreTests(SqliteStorageFixture fixture) : VaultStoreTests(fixture), IClassFixture<SqliteStorageFixture>;

public sealed class PostgreSqlVaultStoreTests(PostgreSqlStorageFixture fixture) : VaultStoreTests(fixture), IClassFixture<PostgreSqlStorageFixture>;
