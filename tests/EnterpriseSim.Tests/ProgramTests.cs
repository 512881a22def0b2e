using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;

namespace Steward.EnterpriseSim.Tests;

public sealed class ProgramTests : IDisposable
{
    private readonly string directory = Directory.CreateTempSubdirectory("sims-").FullName;

    public void Dispose() => Directory.Delete(directory, recursive: true);

    [Fact]
    public async Task Program_WithUrlsFile_ServesWhatTheFileSaysAndStopsOnSigterm()
    {
        var file = Path.Combine(directory, "urls.json");
        using var process = Start("--urls-file", file);
        var lines = new List<string>();
        while (lines.Count < 8 && await process.StandardOutput.ReadLineAsync() is { } line)
        {
            lines.Add(line);
        }

        var urls = JsonNode.Parse(await File.ReadAllTextAsync(file))!;
        using var okta = new SimClient(new Uri((string)urls["okta"]!), new("SSWS", (string)urls["credentials"]!["oktaApiToken"]!));
        var user = await okta.GetAsync("/api/v1/users/ada.lovelace@acme.example");
        using var kill = Process.Start("kill", ["-TERM", process.Id.ToString(CultureInfo.InvariantCulture)]);
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        await process.WaitForExitAsync(deadline.Token);

        Assert.Equal(["okta", "servicenow", "jira", "salesforce", "slack", "graph", "workday", "smtp"], lines.Select(l => l.Split(' ')[0]));
        Assert.Equal(200, user.Status);
        Assert.True(OperatingSystem.IsWindows() || File.GetUnixFileMode(file) == (UnixFileMode.UserRead | UnixFileMode.UserWrite));
        Assert.Equal(0, process.ExitCode);
    }

    [Fact]
    public async Task Program_WithUnknownOption_SaysSoAndExits2()
    {
        using var process = Start("--colour", "red");
        var error = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();

        Assert.Equal(2, process.ExitCode);
        Assert.Contains("--colour is not an option.", error, StringComparison.Ordinal);
    }

    [Fact]
    public void Arguments_WithCredentialsFile_AcceptThoseSecrets()
    {
        var file = Path.Combine(directory, "credentials.json");
        File.WriteAllText(file, """{ "oktaApiToken": "fixed-token", "controlToken": "fixed-control" }""");

        var arguments = SimArguments.Parse(["--credentials", file, "--okta-port", "18001", "--seed", "7"]);

        Assert.Equal(("fixed-token", "fixed-control"), (arguments.Options.Credentials.OktaApiToken, arguments.Options.Credentials.ControlToken));
        Assert.Equal((18001, 7), (arguments.Options.Ports.Okta, arguments.Options.Seed));
    }

    [Theory]
    [InlineData("--okta-port")]
    [InlineData("--okta-port", "65536")]
    [InlineData("--seed", "x")]
    [InlineData("--credentials", "/no/such/file")]
    public void Arguments_ThatAreWrong_AreRefused(params string[] args) =>
        Assert.Throws<FormatException>(() => SimArguments.Parse(args));

    private static Process Start(params string[] args) => Process.Start(new ProcessStartInfo(
        Environment.ProcessPath is { } host && Path.GetFileNameWithoutExtension(host) == "dotnet" ? host : "dotnet",
        [Path.Combine(AppContext.BaseDirectory, "Steward.EnterpriseSim.dll"), .. args])
    {
        RedirectStandardOutput = true,
        RedirectStandardError = true,
    })!;
}
