using System.Diagnostics;

namespace Steward.EndToEnd.Tests;

/// <summary>What somebody does who writes a connector of their own, in a folder that is not Steward's.</summary>
public sealed class ConnectorTemplateTests : IAsyncLifetime
{
    private const string Name = "NorthwindBilling";
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(4);

#if DEBUG
    private const string Configuration = "Debug";
#else
    private const string Configuration = "Release";
#endif

    private readonly TemporaryDirectory _folder = new();

    private string Project => Path.Combine(_folder.Path, "northwind");

    // Apart from the templates of whoever runs the tests.
    private string Hive => Path.Combine(_folder.Path, "hive");

    public async Task InitializeAsync()
    {
        var (code, output) = await DotnetAsync(_folder.Path, "new", "install", Path.Combine(DocumentationTests.Root, "samples", "connector-template"), "--debug:custom-hive", Hive);
        Assert.True(code == 0, output);
    }

    public Task DisposeAsync()
    {
        _folder.Dispose();
        return Task.CompletedTask;
    }

    [Fact]
    public async Task New_OutsideOfTheSource_BuildsAndPassesItsTests()
    {
        await NewAsync(DocumentationTests.Root);
        Assert.Contains("implementation: northwind-billing", await File.ReadAllTextAsync(Path.Combine(Project, Name, "northwind-billing.yaml")), StringComparison.Ordinal);

        var (code, output) = await DotnetAsync(Project, "test", "-c", Configuration, "-nodeReuse:false");

        Assert.True(code == 0 && output.Contains("Passed!", StringComparison.Ordinal), output);
    }

    [Fact]
    public async Task New_WithoutTheSource_SaysWhatIsMissing()
    {
        await NewAsync("/nowhere/at/all");

        var (code, output) = await DotnetAsync(Project, "build", "-nodeReuse:false");

        Assert.NotEqual(0, code);
        Assert.Contains("Steward's source is not in '/nowhere/at/all'", output, StringComparison.Ordinal);
    }

    private async Task NewAsync(string root)
    {
        var (code, output) = await DotnetAsync(_folder.Path, "new", "steward-connector", "-n", Name, "-o", Project, "--stewardRoot", root, "--debug:custom-hive", Hive);
        Assert.True(code == 0, output);
    }

    private static async Task<(int Code, string Output)> DotnetAsync(string folder, params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", arguments) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["DOTNET_CLI_UI_LANGUAGE"] = "en";

        // What the command that runs these tests tells its own build.
        foreach (var name in start.Environment.Keys.Where(name => name.StartsWith("MSBUILD", StringComparison.OrdinalIgnoreCase) || name.StartsWith("VSTEST", StringComparison.OrdinalIgnoreCase)).ToList())
        {
            start.Environment.Remove(name);
        }

        using var process = Process.Start(start)!;
        using var limit = new CancellationTokenSource(Patience);
        var output = Task.WhenAll(process.StandardOutput.ReadToEndAsync(limit.Token), process.StandardError.ReadToEndAsync(limit.Token));
        try
        {
            await process.WaitForExitAsync(limit.Token);
            return (process.ExitCode, string.Concat(await output));
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"dotnet {string.Join(' ', arguments)} took longer than {Patience}.");
        }
    }
}
