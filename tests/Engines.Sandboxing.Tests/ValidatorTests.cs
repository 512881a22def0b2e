using System.Globalization;

namespace Steward.Engines.Sandboxing.Tests;

/// <summary>
/// What the validator says of snippets: those in Verdicts/refused-* are refused, those in Verdicts/allowed-* are not, those in Verdicts/ordinary-* are not and run; a line <c>###</c> parts them. Those in
/// Verdicts/mistakes-* begin with a line <c>### LINE RULE | WORDS</c>: the one finding has that line and rule, and a reason with those words, from which a model can mend the code.
/// </summary>
public sealed class ValidatorTests(RootSandboxes sandboxes) : IClassFixture<RootSandboxes>
{
    public static TheoryData<string, string> Refused => Read("refused");

    public static TheoryData<string, string> Allowed => Read("allowed");

    public static TheoryData<string, string> Ordinary => Read("ordinary");

    public static TheoryData<string, string, string> Mistakes
    {
        get
        {
            var data = new TheoryData<string, string, string>();
            foreach (var (profile, text) in Texts("mistakes"))
            {
                foreach (var part in ("\n" + text).Split("\n### ").Skip(1))
                {
                    data.Add(profile.ToString(), part[..part.IndexOf('\n', StringComparison.Ordinal)], part[(part.IndexOf('\n', StringComparison.Ordinal) + 1)..]);
                }
            }

            return data;
        }
    }

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

    [SandboxTheory]
    [MemberData(nameof(Mistakes))]
    public async Task Validate_EverydayMistake_SaysWhatToWriteInstead(string profile, string expected, string code)
    {
        var (place, words) = expected.Split(" | ") is [var first, var second] ? (first.Split(' '), second) : throw new FormatException(expected);

        var finding = Assert.Single((await sandboxes.Validator.ValidateAsync(Enum.Parse<SandboxProfile>(profile), code, CancellationToken.None)).Findings);

        Assert.Equal((int.Parse(place[0], CultureInfo.InvariantCulture), place[1]), (finding.Line, finding.Rule));
        Assert.Contains(words, finding.Reason, StringComparison.Ordinal);
    }

    [SandboxTheory]
    [MemberData(nameof(Ordinary))]
    public async Task Execute_OrdinaryCode_RunsToItsEnd(string profile, string code)
    {
        var job = Sandboxes.Job(code, Enum.Parse<SandboxProfile>(profile), validate: true) with { Files = [new SandboxFile("input.csv", "a,b\n1,2\n3,4\n"u8.ToArray())] };

        var outcome = await sandboxes.Pool.ExecuteAsync(job, NoOutputSink.Instance, NoData.Instance, CancellationToken.None);

        Assert.True(outcome is { Status: SandboxStatus.Finished, LimitsHit: [] }, $"{outcome.Reason} {string.Join("; ", outcome.Findings)} {outcome.Error}\n{outcome.Text}");
    }

    [SandboxTheory]
    [InlineData("open('tikets.csv')", "the work directory has notes.txt, tickets.csv")]
    [InlineData("import pandas as pd\npd.read_csv('tikets.csv')", "the work directory has notes.txt, tickets.csv")]
    [InlineData("import pandas as pd\npd.read_csv('tickets.csv')['Team']", "the columns are team, hours")]
    [InlineData("import pandas as pd\npd.read_csv('tickets.csv').groupby('Team').hours.sum()", "the columns are team, hours")]
    [InlineData("import pandas as pd\npd.read_csv('tickets.csv').Team", "the columns are team, hours")]
    [InlineData("import pandas as pd\npd.read_csv('tickets.csv').query('Team == 1')", "the columns are team, hours")]
    [InlineData("import pandas as pd\nclass Odd:\n    def __str__(self):\n        raise ValueError\npd.DataFrame({Odd(): [1], 'team': [2]})['Team']", "'Team'; the columns are Odd, team")]
    [InlineData("import pandas as pd\npd.DataFrame({('a', 1): [1], pd.Timestamp('2026-03-01'): [2]})['Team']", "'Team'; the columns are (a, 1), 2026-03-01 00:00:00")]
    public async Task Execute_NameThatIsNotThere_NamesThoseThatAre(string code, string expected)
    {
        var job = Sandboxes.Job(code, validate: true) with { Files = [new SandboxFile("tickets.csv", "team,hours\nit,2\n"u8.ToArray()), new SandboxFile("notes.txt", "x"u8.ToArray())] };

        var outcome = await sandboxes.Pool.ExecuteAsync(job, NoOutputSink.Instance, NoData.Instance, CancellationToken.None);

        Assert.Equal((SandboxCodes.CodeFailed, code.Split('\n').Length), (outcome.Code, outcome.Error!.Line));
        Assert.EndsWith(expected, outcome.Error.Message, StringComparison.Ordinal);
    }

    [SandboxFact]
    public async Task Execute_ErrorWhoseTextFails_IsStillAnErrorOfTheCode()
    {
        var outcome = await sandboxes.RunAsync("class Odd(Exception):\n    def __str__(self):\n        raise SystemExit(0)\n    @property\n    def errno(self):\n        raise SystemExit(0)\nraise Odd", validate: true);

        Assert.Equal((SandboxCodes.CodeFailed, new SandboxError("Odd", "", 7)), (outcome.Code, outcome.Error));
    }

    [SandboxFact]
    public async Task Execute_FiguresBeforeTheCodeEndsItself_AreShown() =>
        Assert.Single((await sandboxes.RunAsync("import matplotlib.pyplot as plt\nplt.plot([1, 2])\nraise SystemExit", validate: true)).Charts);

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
        foreach (var (profile, text) in Texts(verdict))
        {
            foreach (var code in text.Split("###\n", StringSplitOptions.RemoveEmptyEntries))
            {
                data.Add(profile.ToString(), code);
            }
        }

        return data;
    }

    private static IEnumerable<(SandboxProfile Profile, string Text)> Texts(string verdict) =>
        from one in new[] { ("python.py", SandboxProfile.Python), ("shell.sh", SandboxProfile.Shell) }
        let file = Path.Combine(AppContext.BaseDirectory, "Verdicts", $"{verdict}-{one.Item1}")
        where File.Exists(file)
        select (one.Item2, File.ReadAllText(file));
}
