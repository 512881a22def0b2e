using Steward.Engines.Memory.Extraction;
using Steward.Engines.Memory.Facts;
using Xunit.Abstractions;
using Steward.Engines.Memory.Tests.Facts;

namespace Steward.Engines.Memory.Tests.Extraction;

public class RuleExtractorTests(ITestOutputHelper output)
{
    private static readonly DateTimeOffset Start = new(2026, 11, 20, 9, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Extract_LabelledConversations_KeepsWhatHoldsAndLetsGoWhatDoesNot()
    {
        var score = Score(LabelledConversations.All);

        Assert.True(LabelledConversations.All.Count >= 200);
        Assert.True(score.Precision >= 0.95, $"precision {score.Precision}");
        Assert.True(score.Recall >= 0.95, $"recall {score.Recall}");
        Assert.True(score.Lost <= 0.02 * score.Expected, $"{score.Lost} let go wrongly");
        Assert.True(score.Stale <= 0.05 * score.Over, $"{score.Stale} of {score.Over} kept wrongly");
    }

    // Forms miss what is said in words that nobody thought of; they must not make up what was not said.
    [Fact]
    public void Extract_OtherWords_MissesSomeAndInventsNothing()
    {
        var score = Score(LabelledConversations.Unseen);

        Assert.True(score.Precision >= 0.95, $"precision {score.Precision}");
        Assert.True(score.Recall >= 0.5, $"recall {score.Recall}");
    }

    // Measured, not mended. The floors are what the rules do today, so that they do not become worse. Of five slots some forms had been read before the rules were widened; those of language and contact had not, and what they show is what to expect of other words.
    [Theory]
    [InlineData(false, 0.99, 0.94, 0.02)]
    [InlineData(true, 0.85, 0.8, 0.17)]
    public void Extract_HeldConversations_StaysAboveItsFloors(bool unread, double precision, double recall, double stale)
    {
        var conversations = HeldConversations.All.Where(conversation => unread == conversation.Holds.Any(held => held.Slot is "language" or "contact")).ToList();

        var score = Score(conversations);

        Assert.True(HeldConversations.All.Count >= 200);
        Assert.True(score.Precision >= precision, $"precision {score.Precision}");
        Assert.True(score.Recall >= recall, $"recall {score.Recall}");
        Assert.True(score.Lost <= 0.02 * score.Expected, $"{score.Lost} let go wrongly");
        Assert.True(score.Stale <= stale * score.Over, $"{score.Stale} of {score.Over} kept wrongly");
    }

    [Theory]
    [InlineData("Never contact me by phone.", "never", "contact me by phone")]
    [InlineData("Please don't call me on my mobile.", "never", "call me on my mobile")]
    [InlineData("Call me Max.", "name", "Max")]
    [InlineData("I don't work on Fridays.", "absent", "Fridays")]
    [InlineData("My mobile number is +49 170 1234567.", "phone", "+49 170 1234567")]
    [InlineData("I'm running Windows 11.", "system", "Windows 11")]
    [InlineData("I'm working on project Phoenix.", "project", "Phoenix")]
    [InlineData("Please keep your answers short.", "style", "short")]
    [InlineData("Always give me step-by-step instructions.", "style", "step-by-step instructions")]
    [InlineData("From now on, use bullet points.", "style", "bullet points")]
    [InlineData("They moved me to desk 4.12 today.", "desk", "4.12")]
    [InlineData("My boss Anna Berg has approved it.", "manager", "Anna Berg")]
    [InlineData("I'm vegan.", "diet", "vegan")]
    [InlineData("My cost center is 4711-A.", "cost centre", "4711-A")]
    [InlineData("When I'm out, Anna Berg stands in for me.", "deputy", "Anna Berg")]
    [InlineData("I'm away from 3 to 14 August.", "absent", "from 3 to 14 August")]
    [InlineData("I work in Finance.", "team", "Finance")]
    [InlineData("My hours are 7:30 to 16:00.", "hours", "7:30 to 16:00")]
    [InlineData("I sit at desk 4.112.", "desk", "4.112")]
    [InlineData("Under no circumstances restart my laptop.", "never", "restart my laptop")]
    [InlineData("I moved desks, I'm at B-17 now.", "desk", "B-17")]
    [InlineData("Quick update: my desk is B-17.", "desk", "B-17")]
    public void Extract_Statement_IsTaken(string text, string slot, string value)
    {
        var statement = Assert.Single(RuleExtractor.Extract(text));

        Assert.Equal((slot, value, false), (statement.Slot, statement.Value, statement.IsRetraction));
        Assert.Equal(MemorySlots.All[slot].Kind, statement.Kind);
    }

    [Theory]
    [InlineData("My deputy is Anna Berg now, not Ben Kahn.", "deputy", "Ben Kahn", "deputy", "Anna Berg")]
    [InlineData("I'm not allergic to latex, I'm allergic to sesame.", "allergy", "latex", "allergy", "sesame")]
    [InlineData("My team isn't Finance any more, it's Legal.", "team", "Finance", "team", "Legal")]
    public void Extract_Change_TakesBackTheOldOne(string text, string oldSlot, string old, string slot, string value) =>
        Assert.Equal([(oldSlot, old, true), (slot, value, false)], RuleExtractor.Extract(text).Select(statement => (statement.Slot, statement.Value, statement.IsRetraction)));

    [Theory]
    [InlineData("I've switched from Figma to AutoCAD.")]
    [InlineData("I replaced Figma with AutoCAD.")]
    public void Extract_ChangeOfWhoKnowsWhat_OnlyTakesBack(string text)
    {
        var statement = Assert.Single(RuleExtractor.Extract(text));

        Assert.Equal(("software", "Figma", true), (statement.Slot, statement.Value, statement.IsRetraction));
    }

    [Fact]
    public void Extract_SeveralAllergies_AreTakenEach() =>
        Assert.Equal([("diet", "vegan"), ("allergy", "sesame"), ("allergy", "latex")], RuleExtractor.Extract("I'm vegan and allergic to sesame and latex.").Select(statement => (statement.Slot, statement.Value)));

    [Theory]
    [InlineData("Should I call you Max?")]
    [InlineData("Don't call me today.")]
    [InlineData("I like your answer.")]
    [InlineData("My laptop is broken.")]
    [InlineData("My office is very loud today.")]
    [InlineData("```\nI work in Berlin\n```")]
    [InlineData("Ben wrote that I report to Anna.")]
    [InlineData("If I'm vegan, what do I order?")]
    [InlineData("Call me on Monday.")]
    [InlineData("Call me ASAP.")]
    [InlineData("You can say Hello.")]
    [InlineData("I'm with Security, they want to see my badge.")]
    [InlineData("I'm in Finance today.")]
    [InlineData("I'm the lead for this incident.")]
    [InlineData("As an admin I see two accounts.")]
    [InlineData("Anna Berg covers for me today.")]
    [InlineData("I'm living in Porto until Friday.")]
    [InlineData("I rely on Anna for my reports.")]
    [InlineData("I work with Anna a lot.")]
    [InlineData("I'm working on Windows.")]
    [InlineData("I'm working on Sundays.")]
    [InlineData("I work from 2 to 3 today.")]
    [InlineData("I'll be in on 3 March.")]
    [InlineData("Give me step-by-step instructions for the VPN.")]
    [InlineData("I'm into week three.")]
    [InlineData("The parcel is not for me.")]
    [InlineData("You must never share passwords.")]
    [InlineData("I have no laptop at the moment.")]
    [InlineData("The doctor said: I'm allergic to latex.")]
    [InlineData("How do I set up the VPN? Give me step-by-step instructions.")]
    [InlineData("Send me short summaries.")]
    [InlineData("Use tables.")]
    [InlineData("I need bullet points.")]
    [InlineData("I'm at desk 4.12 today.")]
    [InlineData("I sit at desk 3B this week.")]
    [InlineData("My desk is 4.12 today.")]
    [InlineData("I work at our Berlin office today.")]
    [InlineData("I'm working from Berlin until Friday.")]
    [InlineData("My office is in Porto this week.")]
    [InlineData("I'm running Windows 11 today.")]
    [InlineData("I'm using Ubuntu this week.")]
    [InlineData("My boss Anna has left.")]
    [InlineData("My manager, Anna, was very kind.")]
    [InlineData("My deputy Anna is leaving.")]
    [InlineData("I'm a manager for this week.")]
    [InlineData("I'm the manager for that event.")]
    public void Extract_NoStatement_TakesNothing(string text) => Assert.Empty(RuleExtractor.Extract(text));

    [Fact]
    public void Extract_Anything_EndsSoonAndTakesLittle()
    {
        var random = new Random(23);
        var parts = new[] { "i ", "my ", "I'm ", "work ", "in ", "the ", "never ", "call me ", "A", "\"", "> ", "`", "\n", ",", ".", "-", "и", "\ud800", "  ", "moved from ", "to " };
        for (var i = 0; i < 300; i++)
        {
            var text = string.Concat(Enumerable.Range(0, random.Next(400)).Select(_ => parts[random.Next(parts.Length)]));
            Assert.True(RuleExtractor.Extract(text).Count <= 32);
        }

        Assert.True(RuleExtractor.Extract(string.Concat(Enumerable.Repeat("I work in Berlin. ", 5_000))).Count <= 32);
    }

    private ExtractionScore Score(IReadOnlyList<LabelledConversation> conversations)
    {
        var score = new ExtractionScore();
        foreach (var conversation in conversations)
        {
            var ledger = Read(conversation.Messages);
            var current = ledger.Current.Select(fact => (fact.Slot, fact.Value)).ToList();
            bool Holds((string Slot, string Value) label) => current.Exists(fact => Is(fact, label));
            var missed = conversation.Holds.Where(label => !Holds(label)).ToList();
            var wrong = current.Where(fact => !conversation.Holds.Any(label => Is(fact, label))).ToList();
            score.Expected += conversation.Holds.Count;
            score.Right += conversation.Holds.Count - missed.Count;
            score.Wrong += wrong.Count;
            // Taken once, and let go though nothing said so.
            score.Lost += missed.Count(label => ledger.Facts.Any(fact => Is((fact.Slot, fact.Value), label)));
            score.Over += conversation.Over.Count;
            score.Stale += conversation.Over.Count(Holds);
            if (missed.Count + wrong.Count > 0)
            {
                output.WriteLine($"missed {string.Join(", ", missed)} wrong {string.Join(", ", wrong)}: {string.Join(" | ", conversation.Messages)}");
            }
        }

        output.WriteLine($"{conversations.Count} conversations: precision {score.Precision:0.000}, recall {score.Recall:0.000}, over-invalidation {score.Lost} of {score.Expected}, missed supersession {score.Stale} of {score.Over}");
        return score;
    }

    private static bool Is((string Slot, string Value) fact, (string Slot, string Value) label) => fact.Slot == label.Slot && FactLedger.IsSame(fact.Value, label.Value);

    private static FactLedger Read(IReadOnlyList<string> messages)
    {
        var ledger = new FactLedger();
        for (var i = 0; i < messages.Count; i++)
        {
            ledger.Say(RuleExtractor.Extract(messages[i]), $"m{i}", FactSource.Said, Start.AddMinutes(i));
        }

        return ledger;
    }

    private sealed class ExtractionScore
    {
        public int Expected { get; set; }

        public int Right { get; set; }

        public int Wrong { get; set; }

        public int Lost { get; set; }

        public int Over { get; set; }

        public int Stale { get; set; }

        public double Precision => (double)Right / Math.Max(1, Right + Wrong);

        public double Recall => (double)Right / Math.Max(1, Expected);
    }
}
