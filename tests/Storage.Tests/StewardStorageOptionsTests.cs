using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Steward.Storage.Tests;

public sealed class StewardStorageOptionsTests
{
    [Fact]
    public void Validate_Defaults_AreValid() => Assert.True(Validate(new StewardStorageOptions()).Succeeded);

    [Theory]
    [InlineData("", "is empty")]
    [InlineData("  ", "is empty")]
    [InlineData(":memory:", "must be a plain file path")]
    [InlineData("file:x?mode=memory", "must be a plain file path")]
    [InlineData("a\0b", "must be a plain file path")]
    [InlineData("/", "names a directory")]
    public void Validate_BadSqliteFile_SaysWhatToSet(string file, string expected)
    {
        var result = Validate(new StewardStorageOptions { SqliteFile = file });

        Assert.Contains("Steward:Storage:SqliteFile", result.FailureMessage, StringComparison.Ordinal);
        Assert.Contains(expected, result.FailureMessage, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null, "is empty")]
    [InlineData("", "is empty")]
    [InlineData("Database=steward;Username=u", "names no Host")]
    [InlineData("Host=db;Username=u", "names no Database")]
    [InlineData("Host=db;Database=steward;Pssword=hunter2", "cannot be read")]
    [InlineData("hunter2", "cannot be read")]
    [InlineData("Host=db;Database=steward;Port=hunter2", "cannot be read")]
    public void Validate_BadConnectionString_SaysWhatToSetWithoutRepeatingIt(string? connectionString, string expected)
    {
        var result = Validate(new StewardStorageOptions { Provider = StorageProvider.PostgreSql, ConnectionString = connectionString });

        Assert.Contains("Steward:Storage:ConnectionString", result.FailureMessage, StringComparison.Ordinal);
        Assert.Contains(expected, result.FailureMessage, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", result.FailureMessage, StringComparison.Ordinal);
    }

    [Fact]
    public void Validate_UnknownProvider_NamesTheKnownOnes() =>
        Assert.Contains("Sqlite or PostgreSql", Validate(new StewardStorageOptions { Provider = (StorageProvider)7 }).FailureMessage, StringComparison.Ordinal);

    [Fact]
    public void Resolve_InvalidOptions_FailsBeforeAnythingIsOpened()
    {
        using var container = StorageFixture.Open(options => options.Provider = StorageProvider.PostgreSql);

        Assert.Throws<OptionsValidationException>(container.GetRequiredService<IJournalStore>);
    }

    private static ValidateOptionsResult Validate(StewardStorageOptions options) => new StewardStorageOptionsValidator().Validate(null, options);
}
