namespace Steward.Engines.Sandboxing.Tests;

/// <summary>What the validator says of snippets: those in Verdicts/refused-* are refused, those in Verdicts/allowed-* are not. A line <c>###</c> parts them.</summary>
public sealed class ValidatorTests(RootSandboxes sandboxes) : IClassFixture<RootSandboxes>
{
    public static TheoryData<string, string> Refused => Read("refused");

    public static TheoryData<string, string> Allowed => Read("allowed");

    [SandboxTheory]
    [MemberData(nameof(Refused))]
    public async Task Validate_WhatIsNotAllowed_IsRefusedWithALine(string profile, string code)
    {
        var verdict = await sandboxes.Validator.ValidateAsync(Enum.Parse<SandboxProfile>(profile), code, CancellationToken.None);

        Assert.False(verdict.Allowed);
        Assert.All(verdict.Findings, finding => Assert.False(string.IsNullOrWhiteSpace(finding.Reason)));
    }

    [SandboxTheory]
    [MemberData(nameof(Allowed))]
    public async Task Validate_OrdinaryCode_IsAllowed(string profile, string code) =>
        Assert.Empty((await sandboxes.Validator.ValidateAsync(Enum.Parse<SandboxProfile>(profile), code, CancellationToken.None)).Findings);

    [SandboxFact]
    public async Task Validate_ParserBomb_IsRefused() =>
        Assert.False((await sandboxes.Validator.ValidateAsync(SandboxProfile.Python, string.Concat(Enumerable.Repeat("(", 50_000)), CancellationToken.None)).Allowed);

    [SandboxFact]
    public async Task Execute_RefusedCode_DoesNotRun()
    {
        var outcome = await sandboxes.RunAsync("print(1)\nimport os\n", validate: true);

        Assert.Equal((SandboxStatus.Refused, ""), (outcome.Status, outcome.Text));
        Assert.Equal(new CodeFinding(2, "import", "os is not allowed: files lie in the work directory: open() takes their name"), Assert.Single(outcome.Findings));
    }

    private static TheoryData<string, string> Read(string verdict)
    {
        var data = new TheoryData<string, string>();
        foreach (var (extension, profile) in new[] { ("py", SandboxProfile.Python), ("sh", SandboxProfile.Shell) })
        {
            foreach (var code in File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Verdicts", $"{verdict}-{(profile == SandboxProfile.Python ? "python" : "shell")}.{extension}")).Split("###\n", StringSplitOptions.RemoveEmptyEntries))
            {
                data.Add(profile.ToString(), code);
            }
        }

        return data;
    }
}
