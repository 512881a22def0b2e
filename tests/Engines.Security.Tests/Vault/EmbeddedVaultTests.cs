using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Steward.Engines.Security.Vault;
using Steward.Storage;

namespace Steward.Engines.Security.Tests.Vault;

public sealed class EmbeddedVaultTests : IDisposable
{
    private static readonly VaultPath Okta = new("t-acme", "connectors/okta");

    private readonly string _folder = Directory.CreateTempSubdirectory("steward-vault-").FullName;

    private string KeyFile => Path.Combine(_folder, "vault.key");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Write_First_MakesAKeyFileForItsOwnerOnly()
    {
        await using var services = await OpenAsync();
        Assert.False(File.Exists(KeyFile));
        Assert.True((await services.GetRequiredService<IVaultHealth>().CheckAsync()).Answers);

        await Write(services, "s3cret");

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(KeyFile));
    }

    [Fact]
    public void Create_ManyAtOnce_OneOfThemMadeTheFile()
    {
        var made = new int[16];
        Parallel.For(0, made.Length, new ParallelOptions { MaxDegreeOfParallelism = made.Length }, index => made[index] = new VaultKeyFile(KeyFile, TimeProvider.System).Create() ? 1 : 0);

        Assert.Equal(1, made.Sum());
        Assert.False(new VaultKeyFile(KeyFile, TimeProvider.System).Create());
    }

    [Fact]
    public async Task Write_Value_IsNowhereInTheFiles()
    {
        await using (var services = await OpenAsync())
        {
            await Write(services, "a-very-secret-value");
            await services.GetRequiredService<ISecretVault>().WriteAsync(Okta, SecretVaultTests.Values("another-secret-value"));
        }

        foreach (var file in Directory.EnumerateFiles(_folder))
        {
            var content = Encoding.Latin1.GetString(await File.ReadAllBytesAsync(file));
            Assert.DoesNotContain("secret-value", content, StringComparison.Ordinal);
            Assert.DoesNotContain(Convert.ToBase64String("a-very-secret-value"u8), content, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData(UnixFileMode.GroupRead)]
    [InlineData(UnixFileMode.OtherRead)]
    [InlineData(UnixFileMode.OtherWrite)]
    public async Task Read_KeyFileOpenToOthers_IsRefusedAsSealed(UnixFileMode more)
    {
        await using (var services = await OpenAsync())
        {
            await Write(services, "s3cret");
        }

        File.SetUnixFileMode(KeyFile, UnixFileMode.UserRead | UnixFileMode.UserWrite | more);
        await using var again = await OpenAsync();

        var refused = await Assert.ThrowsAsync<VaultException>(() => again.GetRequiredService<ISecretVault>().ReadAsync(Okta));
        Assert.Equal((VaultCodes.Sealed, false), (refused.Code, refused.IsRetryable));
        Assert.Contains("chmod 600", refused.Message, StringComparison.Ordinal);
        Assert.Equal(VaultCodes.Sealed, (await again.GetRequiredService<IVaultHealth>().CheckAsync()).Code);
    }

    [Fact]
    public async Task Write_KeyFileLostBesideSecrets_IsRefusedAndMakesNoNewOne()
    {
        await using (var services = await OpenAsync())
        {
            await Write(services, "s3cret");
        }

        File.Move(KeyFile, KeyFile + ".away");
        await using (var services = await OpenAsync())
        {
            var refused = await Assert.ThrowsAsync<VaultException>(() => Write(services, "other"));
            Assert.Equal(VaultCodes.Sealed, refused.Code);
            Assert.False(File.Exists(KeyFile));
            Assert.False((await services.GetRequiredService<IVaultHealth>().CheckAsync()).Answers);
        }

        File.Move(KeyFile + ".away", KeyFile);
        await using var back = await OpenAsync();
        Assert.Equal("s3cret", await Read(back));
    }

    [Fact]
    public async Task Read_RowInAnothersPlaceOrChanged_IsCorrupt()
    {
        await using var services = await OpenAsync();
        await Write(services, "s3cret");
        var store = services.GetRequiredService<IVaultStore>();
        var row = (await store.ReadAsync(Okta.TenantId, Okta.Path, null))!;
        var changed = row.Sealed.ToArray();
        changed[^1] ^= 1;
        await store.AddAsync(row with { TenantId = "t-evil" });
        await store.AddAsync(row with { Path = "connectors/mine" });
        await store.AddAsync(row with { Version = 2 });
        await store.AddAsync(row with { Path = "connectors/changed", Sealed = changed });
        var vault = services.GetRequiredService<ISecretVault>();

        foreach (var path in new[] { new VaultPath("t-evil", Okta.Path), Okta with { Path = "connectors/mine" }, Okta, Okta with { Path = "connectors/changed" } })
        {
            Assert.Equal(VaultCodes.Corrupt, (await Assert.ThrowsAsync<VaultException>(() => vault.ReadAsync(path))).Code);
        }

        Assert.Equal("s3cret", (await vault.ReadAsync(Okta, 1))!.Values["v0"].Reveal());
    }

    [Fact]
    public async Task Rotate_NewKey_RewrapsWithoutTouchingWhatIsSealed()
    {
        await using var services = await OpenAsync();
        await Write(services, "one");
        await Write(services, "two");
        var store = services.GetRequiredService<IVaultStore>();
        var before = (await store.ReadAsync(Okta.TenantId, Okta.Path, 1))!;
        var vault = services.GetRequiredService<EmbeddedVault>();

        var key = vault.Rotate();
        Assert.Equal("two", await Read(services));
        Assert.Equal(2, await vault.RewrapAsync());
        Assert.Equal(0, await vault.RewrapAsync());

        var after = (await store.ReadAsync(Okta.TenantId, Okta.Path, 1))!;
        Assert.Equal((key, Convert.ToHexString(before.Sealed)), (after.KeyId, Convert.ToHexString(after.Sealed)));
        Assert.NotEqual(Convert.ToHexString(before.WrappedKey), Convert.ToHexString(after.WrappedKey));
        await vault.RetireKeysAsync();
        Assert.Single(File.ReadLines(KeyFile), line => !line.StartsWith('#'));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(KeyFile));
        await using var again = await OpenAsync();
        Assert.Equal("two", await Read(again));
    }

    [Fact]
    public async Task Rewrap_KeyAddedByHandWhileOthersRun_IsNoticedByAll()
    {
        await using var first = await OpenAsync();
        await Write(first, "one");
        await using var second = await OpenAsync();
        Assert.Equal("one", await Read(second));

        var lines = await File.ReadAllLinesAsync(KeyFile);
        VaultFixture.WriteSecret(KeyFile, string.Join('\n', lines.Prepend(Convert.ToBase64String(new byte[32].Select((_, at) => (byte)at).ToArray()))));
        await Task.Delay(2_100);

        Assert.Equal(1, await second.GetRequiredService<EmbeddedVault>().RewrapAsync());
        Assert.Equal("one", await Read(first));
        await Write(first, "two");
        Assert.Single(await first.GetRequiredService<IVaultStore>().ListKeysAsync());
    }

    [Fact]
    public async Task Rotation_HostRuns_BringsAllUnderTheNewKey()
    {
        await using var services = await OpenAsync(more => more.AddStewardVaultRotation());
        await Write(services, "one");
        var key = services.GetRequiredService<EmbeddedVault>().Rotate();
        var rotation = services.GetRequiredService<IHostedService>();

        await rotation.StartAsync(CancellationToken.None);
        var store = services.GetRequiredService<IVaultStore>();
        for (var i = 0; i < 200 && !(await store.ListKeysAsync()).SequenceEqual([key]); i++)
        {
            await Task.Delay(25);
        }

        await rotation.StopAsync(CancellationToken.None);
        Assert.Equal([key], await store.ListKeysAsync());
    }

    [Fact]
    public async Task Check_KeyOfSomeSecretsMissing_NamesIt()
    {
        await using var services = await OpenAsync();
        await Write(services, "one");
        var row = (await services.GetRequiredService<IVaultStore>().ReadAsync(Okta.TenantId, Okta.Path, null))!;
        await services.GetRequiredService<IVaultStore>().AddAsync(row with { Path = "old", KeyId = "elsewhere" });

        var report = await services.GetRequiredService<IVaultHealth>().CheckAsync();

        Assert.Equal((false, VaultCodes.Sealed), (report.Answers, report.Code));
        Assert.Contains("elsewhere", report.Problem, StringComparison.Ordinal);
    }

    private async Task<ServiceProvider> OpenAsync(Action<IServiceCollection>? more = null)
    {
        var services = new ServiceCollection();
        services.AddStewardStorage(options => options.SqliteFile = Path.Combine(_folder, "steward.db"));
        services.AddStewardVault(options => options.KeyFile = KeyFile);
        more?.Invoke(services);
        var provider = services.BuildServiceProvider();
        await provider.GetRequiredService<StorageMigrator>().MigrateAsync();
        return provider;
    }

    private static Task<int> Write(ServiceProvider services, string value) =>
        services.GetRequiredService<ISecretVault>().WriteAsync(Okta, SecretVaultTests.Values(value));

    private static async Task<string> Read(ServiceProvider services) => (await services.GetRequiredService<ISecretVault>().ReadAsync(Okta))!.Values["v0"].Reveal();
}
