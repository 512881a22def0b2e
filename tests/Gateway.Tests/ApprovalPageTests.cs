using System.Diagnostics;
using System.Text.Json;
using System.Text.RegularExpressions;
using Steward.Approvals;
using Steward.Client.Http;
using Steward.Identity;
using Steward.Notifications;

namespace Steward.Gateway.Tests;

/// <summary>docs/api/approvals.md and notifications.md say what is there.</summary>
public sealed partial class ApprovalPageTests(GatewayFixture gateway) : IClassFixture<GatewayFixture>
{
    [Theory]
    [InlineData("approvals.md", 16)]
    [InlineData("notifications.md", 10)]
    public async Task Page_EveryCommand_IsAccepted(string page, int least)
    {
        foreach (var id in new[] { "a-1", "a-2", "a-3", "a-4" })
        {
            gateway.Cluster.Approvals.Add(id, requester: "u-boss");
        }

        var commands = Shell().Matches(Read(page)).Select(match => match.Groups[1].Value.Replace("curl -s ", "curl -sS --fail-with-body ", StringComparison.Ordinal)).ToList();
        Assert.True(commands.Sum(block => block.Split("curl ").Length - 1) >= least);
        var start = new ProcessStartInfo("bash", ["-c", "set -e\n" + string.Join("\necho\n", commands)]) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["STEWARD"] = gateway.Address.ToString().TrimEnd('/');
        start.Environment["TOKEN"] = gateway.Token("u-boss", "t-acme", WellKnownRoles.Admin);
        using var shell = Process.Start(start)!;
        var error = shell.StandardError.ReadToEndAsync();
        var output = await shell.StandardOutput.ReadToEndAsync();
        await shell.WaitForExitAsync();

        Assert.True(shell.ExitCode == 0, $"{output}\n{await error}");
    }

    [Theory]
    [InlineData("approvals.md", typeof(SubmitApprovalRequest))]
    [InlineData("approvals.md", typeof(DecideApprovalRequest))]
    [InlineData("approvals.md", typeof(DelegateApprovalRequest))]
    [InlineData("approvals.md", typeof(CreateDelegationRequest))]
    [InlineData("approvals.md", typeof(PublishRulesRequest))]
    [InlineData("approvals.md", typeof(SimulateRulesRequest))]
    [InlineData("approvals.md", typeof(RuleSimulation))]
    [InlineData("approvals.md", typeof(ApprovalResource))]
    [InlineData("approvals.md", typeof(ApprovalRoute))]
    [InlineData("approvals.md", typeof(ApprovalHistoryEntry))]
    [InlineData("approvals.md", typeof(ApprovalForecast))]
    [InlineData("notifications.md", typeof(InboxItemResource))]
    [InlineData("notifications.md", typeof(SetPreferencesRequest))]
    [InlineData("notifications.md", typeof(SetNotificationSettingsRequest))]
    [InlineData("notifications.md", typeof(NotificationChannelRequest))]
    [InlineData("notifications.md", typeof(PreviewNoticeRequest))]
    [InlineData("notifications.md", typeof(NoticePreview))]
    [InlineData("notifications.md", typeof(NoticeStatus))]
    public void Page_EveryField_IsNamed(string page, Type type)
    {
        var text = Read(page);
        Assert.All(
            type.GetProperties().Select(property => JsonNamingPolicy.CamelCase.ConvertName(property.Name)),
            name => Assert.True(text.Contains($"`{name}`", StringComparison.Ordinal) || text.Contains($"\"{name}\":", StringComparison.Ordinal), $"{type.Name}.{name} is not in {page}"));
    }

    [Fact]
    public async Task Pages_EveryRoute_HasACommand()
    {
        var text = Read("approvals.md") + Read("notifications.md");
        var paths = JsonDocument.Parse(await gateway.Anonymous.GetStringAsync("/openapi/v1.json")).RootElement.GetProperty("paths");
        var routes = paths.EnumerateObject().Select(path => path.Name).Where(path => Subject().IsMatch(path)).ToList();

        Assert.True(routes.Count >= 25);
        Assert.All(routes, route => Assert.Matches(@"\$STEWARD" + Braces().Replace(Regex.Escape(route), "[a-z0-9-]+").Replace("}", "", StringComparison.Ordinal) + "[\"?]", text));
    }

    private static string Read(string page)
    {
        var directory = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(directory!.FullName, "orleans.sln")))
        {
            directory = directory.Parent;
        }

        return File.ReadAllText(Path.Combine(directory.FullName, "docs", "api", page));
    }

    [GeneratedRegex(@"```sh\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex Shell();

    [GeneratedRegex(@"\\\{[A-Za-z]+")]
    private static partial Regex Braces();

    [GeneratedRegex("^/v1/(approval|delegations|notifications)")]
    private static partial Regex Subject();
}
