using System.Diagnostics;
using System.Text.Json;
using System.Text.RegularExpressions;
using Steward.Client.Http;
using Steward.Connectors;
using Steward.Identity;

namespace Steward.Gateway.Tests;

/// <summary>docs/api/connectors.md says what is there.</summary>
public sealed partial class ConnectorPageTests(GatewayFixture gateway) : IClassFixture<GatewayFixture>
{
    private static string Page { get; } = File.ReadAllText(Path.Combine(Root(), "docs", "api", "connectors.md"));

    [Fact]
    public async Task Page_EveryCommand_IsAccepted()
    {
        var commands = Shell().Matches(Page).Select(match => match.Groups[1].Value.Replace("curl -s ", "curl -sS --fail-with-body ", StringComparison.Ordinal)).ToList();
        Assert.True(commands.Count >= 9);
        var folder = Directory.CreateTempSubdirectory("steward-page-");
        var start = new ProcessStartInfo("bash", ["-c", "set -e\n" + string.Join("\necho\n", commands)]) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = folder.FullName };
        start.Environment["STEWARD"] = gateway.Address.ToString().TrimEnd('/');
        start.Environment["TOKEN"] = gateway.Token("u-page", "t-acme", WellKnownRoles.Admin);
        using var shell = Process.Start(start)!;
        var error = shell.StandardError.ReadToEndAsync();
        var output = await shell.StandardOutput.ReadToEndAsync();
        await shell.WaitForExitAsync();
        folder.Delete(recursive: true);

        Assert.True(shell.ExitCode == 0, $"{output}\n{await error}");
    }

    [Theory]
    [InlineData(typeof(CreateConnectorRequest))]
    [InlineData(typeof(UpdateConnectorRequest))]
    [InlineData(typeof(TestMappingsRequest))]
    [InlineData(typeof(SuggestMappingsRequest))]
    [InlineData(typeof(CallOperationRequest))]
    [InlineData(typeof(CallOperationResource))]
    [InlineData(typeof(UndoOperationRequest))]
    [InlineData(typeof(UndoResource))]
    [InlineData(typeof(ConnectorInfo))]
    [InlineData(typeof(ConnectorOperationInfo))]
    [InlineData(typeof(ConnectorDrift))]
    [InlineData(typeof(ConnectorSchemaChange))]
    [InlineData(typeof(ConnectorVerification))]
    [InlineData(typeof(ConnectorTemplateInfo))]
    [InlineData(typeof(ConnectorTemplateDraft))]
    [InlineData(typeof(CompareSpecificationsRequest))]
    [InlineData(typeof(SpecificationComparison))]
    [InlineData(typeof(SpecificationOperationChange))]
    [InlineData(typeof(SpecificationBreak))]
    [InlineData(typeof(SuggestedMapping))]
    [InlineData(typeof(SuggestedMappingListResource))]
    [InlineData(typeof(ConnectorToolResource))]
    [InlineData(typeof(ConnectorAuditResource))]
    public void Page_EveryField_IsNamed(Type type) => Assert.All(
        type.GetProperties().Select(property => JsonNamingPolicy.CamelCase.ConvertName(property.Name)),
        name => Assert.True(Page.Contains($"`{name}`", StringComparison.Ordinal) || Page.Contains($"\"{name}\":", StringComparison.Ordinal), $"{type.Name}.{name} is not in connectors.md"));

    [Fact]
    public async Task Page_EveryRoute_HasACommand()
    {
        // Dead letters of events are in hooks.md.
        var paths = JsonDocument.Parse(await gateway.Anonymous.GetStringAsync("/openapi/v1.json")).RootElement.GetProperty("paths");
        var routes = paths.EnumerateObject().Where(path => path.Name.StartsWith("/v1/connector", StringComparison.Ordinal) && !path.Name.Contains("/dead-letters", StringComparison.Ordinal)).Select(path => path.Name).ToList();

        Assert.True(routes.Count >= 14);
        Assert.All(routes, route => Assert.Matches(@"\$STEWARD" + Braces().Replace(Regex.Escape(route), "[a-z.]+").Replace("}", "", StringComparison.Ordinal) + "[\"?]", Page));
    }

    private static string Root()
    {
        var directory = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(directory!.FullName, "orleans.sln")))
        {
            directory = directory.Parent;
        }

        return directory.FullName;
    }

    [GeneratedRegex(@"```sh\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex Shell();

    [GeneratedRegex(@"\\\{[A-Za-z]+")]
    private static partial Regex Braces();
}
