using Steward.Engines.Security.Vault;

namespace Steward.Engines.Security.Tests.Vault;

/// <summary>What every vault must do.</summary>
public abstract class SecretVaultTests(VaultFixture fixture)
{
    private readonly string _tenant = $"t-{Guid.NewGuid():n}";

    private ISecretVault Vault => fixture.Vault;

    [Fact]
    public async Task Write_New_IsReadAsVersionOne()
    {
        var before = DateTimeOffset.UtcNow;

        Assert.Equal(1, await Vault.WriteAsync(At("connectors/okta"), Values("s3cret", "a\n\"b\" ü 🔑")));

        var secret = (await Vault.ReadAsync(At("connectors/okta")))!;
        Assert.Equal(1, secret.Version);
        Assert.Equal(["s3cret", "a\n\"b\" ü 🔑"], [secret.Values["v0"].Reveal(), secret.Values["v1"].Reveal()]);
        Assert.InRange(secret.CreatedAt, before.AddSeconds(-1), DateTimeOffset.UtcNow.AddSeconds(1));
    }

    [Fact]
    public async Task Write_Again_KeepsTheVersionBefore()
    {
        await Vault.WriteAsync(At("a"), Values("one"));

        Assert.Equal(2, await Vault.WriteAsync(At("a"), Values("two")));

        Assert.Equal("two", (await Vault.ReadAsync(At("a")))!.Values["v0"].Reveal());
        Assert.Equal("one", (await Vault.ReadAsync(At("a"), 1))!.Values["v0"].Reveal());
        Assert.Null(await Vault.ReadAsync(At("a"), 3));
    }

    [Fact]
    public async Task DeleteEarlier_VersionsBeforeAreGoneForGood()
    {
        await Vault.WriteAsync(At("a"), Values("one"));
        await Vault.WriteAsync(At("a"), Values("two"));
        await Vault.WriteAsync(At("a"), Values("three"));

        await Vault.DeleteEarlierAsync(At("a"), 3);
        await Vault.DeleteEarlierAsync(At("a"), 3);
        await Vault.DeleteEarlierAsync(At("none"), 3);

        Assert.Null(await Vault.ReadAsync(At("a"), 1));
        Assert.Null(await Vault.ReadAsync(At("a"), 2));
        Assert.Equal("three", (await Vault.ReadAsync(At("a")))!.Values["v0"].Reveal());
        Assert.Equal(4, await Vault.WriteAsync(At("a"), Values("four")));
    }

    [Fact]
    public async Task Write_Expected_WritesOnlyBehindThatVersion()
    {
        Assert.Equal(1, await Vault.WriteAsync(At("a"), Values("one"), expectedVersion: 0));
        Assert.Equal(2, await Vault.WriteAsync(At("a"), Values("two"), expectedVersion: 1));

        var conflict = await Assert.ThrowsAsync<VaultConflictException>(() => Vault.WriteAsync(At("a"), Values("three"), expectedVersion: 1));
        await Assert.ThrowsAsync<VaultConflictException>(() => Vault.WriteAsync(At("a"), Values("three"), expectedVersion: 0));
        await Assert.ThrowsAsync<VaultConflictException>(() => Vault.WriteAsync(At("b"), Values("three"), expectedVersion: 5));

        Assert.Equal((VaultCodes.Conflict, false), (conflict.Code, conflict.IsRetryable));
        Assert.Equal("two", (await Vault.ReadAsync(At("a")))!.Values["v0"].Reveal());
    }

    [Fact]
    public async Task Write_ManyAtOnceExpectingTheSame_ExactlyOneWins()
    {
        await Vault.WriteAsync(At("race"), Values("start"));

        var results = await Task.WhenAll(Enumerable.Range(0, 12).Select(i => Task.Run(async () =>
        {
            try
            {
                return await Vault.WriteAsync(At("race"), Values($"writer {i}"), expectedVersion: 1);
            }
            catch (VaultConflictException)
            {
                return 0;
            }
        })));

        Assert.Equal(2, Assert.Single(results, version => version > 0));
        Assert.StartsWith("writer", (await Vault.ReadAsync(At("race")))!.Values["v0"].Reveal(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Write_ManyAtOnceExpectingNothing_AllAreWritten()
    {
        var versions = await Task.WhenAll(Enumerable.Range(0, 6).Select(i => Task.Run(() => Vault.WriteAsync(At("all"), Values($"{i}")))));

        Assert.Equal(Enumerable.Range(1, 6), versions.Order());
    }

    [Fact]
    public async Task Delete_RemovesAllVersions_AndBeginsAnew()
    {
        await Vault.WriteAsync(At("a"), Values("one"));
        await Vault.WriteAsync(At("a"), Values("two"));
        await Vault.WriteAsync(At("a/b"), Values("kept"));

        await Vault.DeleteAsync(At("a"));
        await Vault.DeleteAsync(At("a"));

        Assert.Null(await Vault.ReadAsync(At("a")));
        Assert.Null(await Vault.ReadAsync(At("a"), 1));
        Assert.NotNull(await Vault.ReadAsync(At("a/b")));
        Assert.Equal(1, await Vault.WriteAsync(At("a"), Values("three"), expectedVersion: 0));
    }

    [Fact]
    public async Task Read_OtherTenant_FindsNothing()
    {
        await Vault.WriteAsync(At("a"), Values("one"));

        Assert.Null(await Vault.ReadAsync(new VaultPath(_tenant + "x", "a")));
        Assert.Empty(await Vault.ListAsync(new VaultPath(_tenant + "x", "a")));
        await Vault.DeleteAsync(new VaultPath(_tenant + "x", "a"));
        Assert.NotNull(await Vault.ReadAsync(At("a")));
    }

    [Fact]
    public async Task List_Path_GivesNamesDirectlyBelow()
    {
        foreach (var path in new[] { "connectors/okta", "connectors/okta/grant", "connectors/okta/users/u-b", "connectors/okta/users/u-a", "connectors/jira", "other" })
        {
            await Vault.WriteAsync(At(path), Values("x"));
        }

        Assert.Equal(["jira", "okta"], await Vault.ListAsync(At("connectors")));
        Assert.Equal(["grant", "users"], await Vault.ListAsync(At("connectors/okta")));
        Assert.Equal(["u-a", "u-b"], await Vault.ListAsync(At("connectors/okta/users")));
        Assert.Empty(await Vault.ListAsync(At("connectors/okta/users/u-a")));
        Assert.Empty(await Vault.ListAsync(At("nothing")));
    }

    [Theory]
    [InlineData("")]
    [InlineData("/a")]
    [InlineData("a/")]
    [InlineData("a//b")]
    [InlineData("a/../b")]
    [InlineData("..")]
    [InlineData(".a")]
    [InlineData("a b")]
    [InlineData("a?version=1")]
    [InlineData("a%2fb")]
    [InlineData("a\n")]
    [InlineData("ä")]
    public async Task AnyCall_PathOutsideOfTheRules_IsRefused(string path)
    {
        await Assert.ThrowsAnyAsync<ArgumentException>(() => Vault.ReadAsync(At(path)));
        await Assert.ThrowsAnyAsync<ArgumentException>(() => Vault.WriteAsync(At(path), Values("x")));
        await Assert.ThrowsAnyAsync<ArgumentException>(() => Vault.DeleteAsync(At(path)));
        await Assert.ThrowsAnyAsync<ArgumentException>(() => Vault.ListAsync(At(path)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("acme")]
    [InlineData("t-a/b")]
    [InlineData("t-A")]
    public async Task AnyCall_TenantOutsideOfTheRules_IsRefused(string tenant) =>
        await Assert.ThrowsAnyAsync<ArgumentException>(() => Vault.ReadAsync(new VaultPath(tenant, "a")));

    [Fact]
    public async Task Write_ValuesOutsideOfTheRules_AreRefused()
    {
        await Assert.ThrowsAnyAsync<ArgumentException>(() => Vault.WriteAsync(At("a"), new Dictionary<string, SecretText>()));
        await Assert.ThrowsAnyAsync<ArgumentException>(() => Vault.WriteAsync(At("a"), new Dictionary<string, SecretText> { ["a b"] = new("x") }));
        await Assert.ThrowsAnyAsync<ArgumentException>(() => Vault.WriteAsync(At("a"), Values(new string('x', 300 * 1024))));
        Assert.Null(await Vault.ReadAsync(At("a")));
    }

    [Fact]
    public async Task Write_LargeValue_ComesBackAsItWas()
    {
        var pem = string.Concat(Enumerable.Repeat("MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQ\n", 4_000));

        await Vault.WriteAsync(At("pem"), Values(pem));

        Assert.Equal(pem, (await Vault.ReadAsync(At("pem")))!.Values["v0"].Reveal());
    }

    [Fact]
    public async Task Check_WorkingVault_Answers()
    {
        var report = await fixture.Health.CheckAsync();

        Assert.True(report.Answers, report.Problem);
        Assert.Null(report.Problem);
    }

    private VaultPath At(string path) => new(_tenant, path);

    internal static Dictionary<string, SecretText> Values(params string[] values) =>
        values.Select((value, at) => (Name: $"v{at}", Value: new SecretText(value))).ToDictionary(pair => pair.Name, pair => pair.Value);
}

public sealed class SqliteVaultTests(SqliteVaultFixture fixture) : SecretVaultTests(fixture), IClassFixture<SqliteVaultFixture>;

public sealed class PostgreSqlVaultTests(PostgreSqlVaultFixture fixture) : SecretVaultTests(fixture), IClassFixture<PostgreSqlVaultFixture>;

public sealed class HashiCorpPathVaultTests(HashiCorpPathVaultFixture fixture) : SecretVaultTests(fixture), IClassFixture<HashiCorpPathVaultFixture>;

public sealed class HashiCorpMountVaultTests(HashiCorpMountVaultFixture fixture) : SecretVaultTests(fixture), IClassFixture<HashiCorpMountVaultFixture>;

public sealed class HashiCorpNamespaceVaultTests(HashiCorpNamespaceVaultFixture fixture) : SecretVaultTests(fixture), IClassFixture<HashiCorpNamespaceVaultFixture>;
