using System.Text.RegularExpressions;
using FsCheck;
using FsCheck.Fluent;
using Steward.Engines.Approvals.Chains;
using Steward.Engines.Approvals.Rules;
using Steward.Engines.Definitions;

namespace Steward.Engines.Approvals.Tests.Rules;

public sealed partial class RuleSetReaderTests
{
    private const string Chain = "then: { levels: [{ name: x, approvers: [role:a] }] }";

    [Fact]
    public void Read_WholeChain_IsAsWritten()
    {
        var rules = RuleSetReader.Read(
            """
            version: 1
            calendars:
              - { name: Office, timeZone: Europe/Berlin, hours: { weekdays: ["09:00-18:00"], friday: ["09:00-12:00"] }, holidays: [2026-04-03, 12-25] }
            default:
              expires: P2DT12H
              validFor: 90m
              fourEyes: false
              veto: false
              calendar: Office
              fallback: [user:u-1]
              levels:
                - name: One
                  approvers: [email:Jo@Acme.example, "group:IT Help Desk", manager of manager of ada@acme.example]
                  quorum: 50%
                  sla: { remindAfter: [30m, 2h], escalateAfter: 4h, escalateTo: [role:admin], endsAfter: 8h, end: reject }
                - { name: Two, approvers: [role:auditor], quorum: 2 }
              mirror: { instance: servicenow-main, kind: servicenow_approval }
            """,
            "rules.yaml");

        var chain = rules.Default!;
        Assert.Equal((TimeSpan.FromHours(60), TimeSpan.FromMinutes(90), false, false, "Office"), (chain.ExpiresAfter, chain.ValidFor, chain.FourEyes, chain.Veto, chain.Calendar));
        Assert.Equal(
            [new(ApproverKind.Email, "jo@acme.example"), new(ApproverKind.Group, "IT Help Desk"), new(ApproverKind.ManagerOf, "ada@acme.example", 2)], chain.Levels[0].Approvers);
        Assert.Equal(new Quorum(QuorumKind.Percent, 50), chain.Levels[0].Quorum);
        Assert.Equal(new Quorum(QuorumKind.Count, 2), chain.Levels[1].Quorum);
        Assert.Equal((TimeSpan.FromHours(4), TimeSpan.FromHours(8), SlaEnd.Reject), (chain.Levels[0].Sla!.EscalateAfter, chain.Levels[0].Sla!.EndsAfter, chain.Levels[0].Sla!.End));
        var calendar = rules.CalendarOf(chain)!;
        Assert.Equal(new Calendars.WorkingHoursText("09:00-12:00"), Calendars.WorkingHoursText.Of(calendar.On(new DateOnly(2026, 4, 10))));
        Assert.Empty(calendar.On(new DateOnly(2026, 4, 3)));
        Assert.Empty(calendar.On(new DateOnly(2031, 12, 25)));
        Assert.Empty(calendar.On(new DateOnly(2026, 4, 11)));
    }

    [Theory]
    [InlineData("version: 1\nrules:\n  - name: a\n    when: levle = 'x'\n    " + Chain, 4, "rule 'a': the condition, line 1, column 1: there is no field 'levle'")]
    [InlineData("version: 1\nrules:\n  - name: a\n    when: amount > 5\n    then: nobody", 5, "there is no chain 'nobody'")]
    [InlineData("version: 1\nrules:\n  - { name: a, " + Chain + " }\n  - { name: A, " + Chain + " }", 4, "another rule has this name")]
    [InlineData("version: 2", 1, "const")]
    [InlineData("version: 1\nrulez: []", 2, "rulez")]
    [InlineData("version: 1\ntimeZone: Mars/Base", 2, "there is no time zone 'Mars/Base'")]
    [InlineData("version: 1\nfields:\n  amount: { from: arguments.a, type: text }", 3, "'amount' must be a number")]
    [InlineData("version: 1\nfields:\n  environment: { from: arguments.a, type: texts }", 3, "'environment' must be a text")]
    [InlineData("version: 1\nfields:\n  risk: { from: arguments.a, type: text }", 3, "the name 'risk' is taken")]
    [InlineData("version: 1\nfields:\n  starts: { from: arguments.a, type: text }", 3, "the name 'starts' is taken")]
    [InlineData("version: 1\nfields:\n  a: { from: summary, type: text }", 3, "begins with 'arguments.'")]
    [InlineData("version: 1\ndefault:\n  levels:\n    - name: x\n      approvers: [boss]", 5, "'boss' names no approver")]
    [InlineData("version: 1\ndefault:\n  expires: 500d\n  levels: [{ name: x, approvers: [role:a] }]", 3, "'expires' must be a duration")]
    [InlineData("version: 1\ndefault:\n  calendar: Moon\n  levels: [{ name: x, approvers: [role:a] }]", 3, "there is no calendar 'Moon'")]
    [InlineData("version: 1\ndefault:\n  levels:\n    - name: x\n      approvers: [role:a]\n      sla:\n        remindAfter: [4h, 2h]", 7, "must come in order")]
    [InlineData("version: 1\ncalendars:\n  - name: a\n    timeZone: UTC\n    hours:\n      monday: [\"10:00-09:00\"]", 6, "end after they begin")]
    [InlineData("version: 1\nfreezes:\n  - name: a\n    from: friday 16:00\n    until: 01-03\n    text: x", 4, "'from' and 'until' must both")]
    [InlineData("version: 1\nfreezes:\n  - name: a\n    from: 2026-01-02T00:00\n    until: 2026-01-01T00:00\n    text: x", 4, "'until' comes after")]
    [InlineData("version: 1\nrules: &a []", 2, "anchors")]
    public void Read_Faulty_SaysWhichLine(string text, int line, string fault)
    {
        var error = Assert.Single(Assert.Throws<DefinitionException>(() => RuleSetReader.Read(text, "rules.yaml")).Errors, error => error.ToString().Contains(fault, StringComparison.Ordinal) || fault == "const" || fault == "rulez");

        Assert.Equal(line, error.Line);
    }

    [Fact]
    public void Read_SeveralFaults_NamesAll()
    {
        var errors = Assert.Throws<DefinitionException>(() => RuleSetReader.Read(
            "version: 1\nrules:\n  - { name: a, when: x = 'y', " + Chain + " }\n  - { name: b, when: \"amount > 'y'\", then: none }", "rules.yaml")).Errors;

        Assert.Equal([3, 4, 4], errors.Select(error => error.Line));
    }

    [Theory]
    [InlineData("  - { name: a, " + Chain + " }\n  - { name: b, when: amount > 5 and currency = 'EUR', " + Chain + " }", "b", "'a' comes before it and matches every request")]
    [InlineData("  - { name: a, when: \"action = 'x'\", " + Chain + " }\n  - { name: b, when: \"(ACTION) = 'x'\", priority: 200, " + Chain + " }", null, null)]
    [InlineData("  - { name: a, when: \"action = 'x'\", " + Chain + " }\n  - { name: b, when: \"( action='x' )\", " + Chain + " }", "b", "has the same condition")]
    [InlineData("  - { name: a, when: \"action = 'x' and false\", " + Chain + " }", "a", "never holds")]
    [InlineData("  - { name: a, when: amount > 5, " + Chain + " }", "a", "in whatever currency")]
    [InlineData("  - { name: a, then: { levels: [{ name: x, approvers: [role:a], quorum: all }] } }", "a", "wants all of the holders of a role")]
    [InlineData("  - { name: a, then: { levels: [{ name: x, approvers: [email:a@b.c], quorum: 2 }] } }", "a", "wants 2 approvals but names 1")]
    [InlineData("  - { name: a, then: { levels: [{ name: x, approvers: [role:a], sla: { endsAfter: 4h, end: approve } }] } }", "a", "counts as approved when nobody decides")]
    [InlineData("  - { name: a, then: { levels: [{ name: x, approvers: [role:a], sla: { endsAfter: 4h, remindAfter: [5h], escalateAfter: 4h } }] } }", "a", "escalates after it has ended")]
    [InlineData("  - { name: a, then: { expires: 1d, levels: [{ name: x, approvers: [role:a], sla: { endsAfter: 2d } }] } }", "a", "waits longer than the request is open")]
    public void Read_ProbablyNotMeant_Warns(string rules, string? rule, string? message)
    {
        var text = "version: 1\ndefault: { levels: [{ name: x, approvers: [role:a] }] }\nrules:\n" + rules;
        if (message is null)
        {
            Assert.Throws<DefinitionException>(() => RuleSetReader.Read(text, "r"));
            return;
        }

        Assert.Contains(RuleSetReader.Read(text, "r").Warnings, warning => warning.Rule == rule && warning.Message.Contains(message, StringComparison.Ordinal) && warning.Line >= 4);
    }

    [Fact]
    public void Read_NoDefault_Warns() => Assert.Contains(RuleSetReader.Read("version: 1", "r").Warnings, warning => warning.Message.Contains("no 'default'", StringComparison.Ordinal));

    [Theory]
    [InlineData("{ instance: jira-main, kind: jira_transition, settings: { project: IT } }", null)]
    [InlineData("{ instance: servicenow-main, kind: servicenow_approval }", null)]
    [InlineData("{ instance: jira-main, kind: jira_transition }", "needs the setting 'project'")]
    [InlineData("{ instance: jira-main, kind: jira_transition, settings: { project: it } }", "'project' must be the key of a project")]
    [InlineData("{ instance: jira-main, kind: jira_transition, settings: { project: IT, approved: Done, rejected: done } }", "must be two statuses")]
    [InlineData("{ instance: servicenow-main, kind: servicenow_approval, settings: { project: IT } }", "has no setting 'project'; it has table, closedState, title, description")]
    [InlineData("{ instance: servicenow-main, kind: servicenow_approval, settings: { table: 'sys_user/../x' } }", "'table' must be the name of a table")]
    [InlineData("{ instance: servicenow-main, kind: servicenow_approval, settings: { title: 'For {who}' } }", "placeholders of {summary}, {reason}")]
    public void Read_Mirror_IsCheckedBySetting(string mirror, string? fault)
    {
        var text = $"version: 1\ndefault: {{ levels: [{{ name: x, approvers: ['email:a@acme.example'] }}], mirror: {mirror} }}";
        if (fault is null)
        {
            Assert.Empty(RuleSetReader.Read(text, "r").Warnings);
        }
        else
        {
            Assert.Contains(fault, Assert.Throws<DefinitionException>(() => RuleSetReader.Read(text, "r")).Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void ReadStored_FaultyMirror_GoesWithoutItAndSaysSo()
    {
        const string Text = "version: 1\ndefault: { levels: [{ name: x, approvers: ['email:a@acme.example'] }], mirror: { instance: jira, kind: jira_transition, settings: { project: IT, reopen: Approved } } }";
        Assert.Contains("'reopen' must be another status", Assert.Throws<DefinitionException>(() => RuleSetReader.Read(Text, "r")).Message, StringComparison.Ordinal);
        var stored = RuleSetReader.ReadStored(Text, "r", 7);

        Assert.Equal((7, "x", null), (stored.Version, stored.Default!.Levels[0].Name, stored.Default.Mirror));
        Assert.Contains("no record is kept in 'jira'", Assert.Single(stored.Dropped).Message, StringComparison.Ordinal);
        Assert.Throws<DefinitionException>(() => RuleSetReader.ReadStored("version: 1\nrulez: []", "r", 7));
    }

    [Fact]
    public void Read_MirrorInServiceNowOfALevelOfRoles_WarnsThatNobodyIsAskedThere() => Assert.Contains(
        RuleSetReader.Read("version: 1\ndefault: { levels: [{ name: x, approvers: [role:a] }], mirror: { instance: servicenow-main, kind: servicenow_approval } }", "r").Warnings,
        warning => warning.Message.Contains("nobody is asked in the record", StringComparison.Ordinal));

    [Fact]
    public void Read_UnusedChain_Warns() => Assert.Contains(
        RuleSetReader.Read("version: 1\nchains:\n  a: { levels: [{ name: x, approvers: [role:a] }] }", "r").Warnings, warning => warning.Line == 3 && warning.Message.Contains("no rule takes the chain 'a'", StringComparison.Ordinal));

    [Theory]
    [InlineData("acme.yaml")]
    [InlineData("mirrors.yaml")]
    public void Read_Sample_WarnsOnlyOfWhatItLeavesToTheActionPolicy(string file)
    {
        var warning = Assert.Single(RuleSetReader.Read(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "approvals", file)), file).Warnings);

        Assert.StartsWith("there is no 'default'", warning.Message, StringComparison.Ordinal);
    }

    /// <summary>Any text is a rule set or is refused with a reason, never anything else.</summary>
    [Fact]
    public void Read_AnyText_ReadsOrRefuses()
    {
        var line = Gen.Elements(
            "version: 1", "rules:", "  - name: a", "    when: amount > 5", "    when: |", "      risk = 'low'", "    then: b", "    then:", "      levels:", "        - name: x", "          approvers: [role:a]", "          quorum: 5%",
            "          sla: { endsAfter: 1d }", "chains:", "  b: { levels: [] }", "fields:", "  f: { from: arguments.x, type: date }", "calendars:", "  - { name: c, timeZone: UTC, hours: { monday: [\"09:00-10:00\"] }, holidays: [99-99] }",
            "freezes: [{ name: f, from: 02-29, until: 02-29, text: t }]", "default: b", "timeZone: ../../etc/passwd", "{", "]", "\t", "- -", "? :", "!!x", "*a", "\0", "priority: 1e999");
        Prop.ForAll(line.ListOf().ToArbitrary(), lines =>
        {
            try
            {
                RuleSetReader.Read(string.Join("\n", lines), "r");
            }
            catch (DefinitionException e)
            {
                return e.Errors.Count > 0 && e.Errors.All(error => error.Line >= 1);
            }

            return true;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(2000));
    }

    [Theory]
    [InlineData("email:A@b.c", "email:a@b.c")]
    [InlineData("user:u-1", "user:u-1")]
    [InlineData("group:IT Help Desk", "group:IT Help Desk")]
    [InlineData("role:admin", "role:admin")]
    [InlineData("manager of requester", "manager of requester")]
    [InlineData("manager of manager of a@b.c", "manager of manager of a@b.c")]
    public void ApproverText_Known_ReadsBack(string text, string expected) => Assert.Equal(expected, ApproverText.Of(ApproverText.TryRead(text)!));

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("role:")]
    [InlineData("email:nobody")]
    [InlineData("manager of")]
    [InlineData("manager of bob")]
    [InlineData("manager of manager of manager of manager of manager of manager of manager of manager of manager of manager of manager of requester")]
    [InlineData("anyone")]
    [InlineData("role:a\u0001")]
    public void ApproverText_Unknown_IsNone(string? text) => Assert.Null(ApproverText.TryRead(text));

    /// <summary>Every example in the documentation is a rule set, and every explanation there is what rules say.</summary>
    [Fact]
    public void Documentation_Examples_AreRuleSets()
    {
        var text = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "docs", "approval-rules.md"));
        var examples = Yaml().Matches(text).Select(match => match.Groups[1].Value).ToList();

        Assert.Equal(6, examples.Count);
        Assert.All(examples, example => RuleSetReader.Read(example, "approval-rules.md"));
    }

    [Fact]
    public async Task Documentation_Explanations_AreWhatRulesSay()
    {
        var text = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "docs", "approval-rules.md"));
        var first = RuleSetReader.Read(Yaml().Match(text).Groups[1].Value, "r");
        var second = RuleSetReader.Read(Yaml().Matches(text)[3].Groups[1].Value, "r");
        async Task<string> Explain(RuleSet rules, ApprovalRequest request) => (await rules.DecideAsync(request, new SmallDirectory(), Examples.At, CancellationToken.None)).Explanation;

        Assert.Contains(await Explain(first, Examples.Request("""{"level":"production"}""")), text, StringComparison.Ordinal);
        Assert.Contains(await Explain(first, Examples.Request("""{"level":"test"}""")), text, StringComparison.Ordinal);
        Assert.Contains(await Explain(second, Examples.Request() with { Type = "okta", Amount = null }), text, StringComparison.Ordinal);
    }

    [Fact]
    public void Documentation_Fields_AreAllNamed()
    {
        var text = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "docs", "approval-rules.md"));

        Assert.All(Approvals.Rules.Conditions.FieldCatalog.BuiltIn.Keys.Where(name => name != "time"), name => Assert.Contains($"`{name}`", text, StringComparison.Ordinal));
    }

    [GeneratedRegex("```yaml\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex Yaml();
}
