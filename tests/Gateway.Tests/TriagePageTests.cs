using System.Diagnostics;
using System.Text.Json;
using System.Text.RegularExpressions;
using Steward.Client.Http;
using Steward.Identity;
using Steward.Triage;

namespace Steward.Gateway.Tests;

/// <summary>docs/api/triage.md says what is there.</summary>
public sealed partial class TriagePageTests(GatewayFixture gateway) : IClassFixture<GatewayFixture>
{
    [Fact]
    public async Task Page_EveryCommand_IsAccepted()
    {
        var commands = Shell().Matches(Read()).Select(match => match.Groups[1].Value.Replace("curl -s ", "curl -sS --fail-with-body ", StringComparison.Ordinal)).ToList();
        Assert.True(commands.Sum(block => block.Split("curl ").Length - 1) >= 18);
        var start = new ProcessStartInfo("bash", ["-c", "set -e -o pipefail\n" + string.Join("\necho\n", commands)]) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["STEWARD"] = gateway.Address.ToString().TrimEnd('/');
        start.Environment["TOKEN"] = gateway.Token("u-boss", "t-acme", WellKnownRoles.Admin);
        using var shell = Process.Start(start)!;
        var error = shell.StandardError.ReadToEndAsync();
        var output = await shell.StandardOutput.ReadToEndAsync();
        await shell.WaitForExitAsync();

        Assert.True(shell.ExitCode == 0, $"{output}\n{await error}");
    }

    [Theory]
    [InlineData(typeof(ClassifyTicketsRequest))]
    [InlineData(typeof(TicketRequest))]
    [InlineData(typeof(ClassifiedTicketResource))]
    [InlineData(typeof(LabelTicketsRequest))]
    [InlineData(typeof(TicketLabelRequest))]
    [InlineData(typeof(SetTriageSettingsRequest))]
    [InlineData(typeof(SetTriageThresholdsRequest))]
    [InlineData(typeof(TriageThresholdsResource))]
    [InlineData(typeof(TriageGroupRequest))]
    [InlineData(typeof(TriageConnectorRequest))]
    [InlineData(typeof(UseTriageHeadRequest))]
    [InlineData(typeof(TriageDecision))]
    [InlineData(typeof(SimilarTicket))]
    [InlineData(typeof(TriageLabelResult))]
    [InlineData(typeof(TriageReport))]
    [InlineData(typeof(TriageGroupReport))]
    [InlineData(typeof(TriageHealth))]
    [InlineData(typeof(TriageImport))]
    [InlineData(typeof(TriageImportProblem))]
    [InlineData(typeof(FoundTickets))]
    [InlineData(typeof(WaitingTickets))]
    [InlineData(typeof(WaitingTicket))]
    public void Page_EveryField_IsNamed(Type type)
    {
        var text = Read();
        Assert.All(
            type.GetProperties().Select(property => JsonNamingPolicy.CamelCase.ConvertName(property.Name)),
            name => Assert.True(text.Contains($"`{name}`", StringComparison.Ordinal) || text.Contains($"\"{name}\":", StringComparison.Ordinal), $"{type.Name}.{name} is not in triage.md"));
    }

    [Fact]
    public async Task Page_EveryRoute_HasACommand()
    {
        var text = Read();
        var paths = JsonDocument.Parse(await gateway.Anonymous.GetStringAsync("/openapi/v1.json")).RootElement.GetProperty("paths");
        var routes = paths.EnumerateObject().Select(path => path.Name).Where(path => path.StartsWith("/v1/triage/", StringComparison.Ordinal)).ToList();

        Assert.Equal(15, routes.Count);
        Assert.All(routes, route => Assert.Matches(@"\$STEWARD" + Parameter().Replace(Regex.Escape(route), @"[A-Za-z0-9:%$]+").Replace("}", "", StringComparison.Ordinal) + "[\"?]", text));
    }

    [Theory]
    [InlineData("/triage", "text/html")]
    [InlineData("/triage.js", "text/javascript")]
    [InlineData("/triage.css", "text/css")]
    public async Task TriagePage_Assets_AreServedUnderThePolicyOfPages(string path, string type)
    {
        using var response = await gateway.Anonymous.GetAsync(path);

        Assert.Equal(type, response.Content.Headers.ContentType?.MediaType);
        Assert.Contains("default-src 'none'", Assert.Single(response.Headers.GetValues("Content-Security-Policy")), StringComparison.Ordinal);
    }

    private static string Read()
    {
        var directory = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(directory!.FullName, "orleans.sln")))
        {
            directory = directory.Parent;
        }

        return File.ReadAllText(Path.Combine(directory.FullName, "docs", "api", "triage.md"));
    }

    [GeneratedRegex(@"```sh\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex Shell();

    [GeneratedRegex(@"\\\{[A-Za-z]+")]
    private static partial Regex Parameter();
}
