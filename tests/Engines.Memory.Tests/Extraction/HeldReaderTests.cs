using FsCheck;
using FsCheck.Fluent;
using Steward.Engines.Memory.Extraction;
using Steward.Engines.Memory.Facts;
using Xunit.Abstractions;

namespace Steward.Engines.Memory.Tests.Extraction;

public class HeldReaderTests(ITestOutputHelper output)
{
    private static readonly (string Slot, string Value)[] Profile =
    [
        ("name", "Maxi"), ("role", "test engineer"), ("team", "Logistics"), ("manager", "Greta Holm"), ("deputy", "Yusuf Demir"), ("office", "Oslo"), ("home", "Bonn"), ("desk", "C-17"), ("laptop", "EliteBook 840"), ("phone", "0161 496 0733"), ("system", "Windows 10"),
        ("software", "Tableau"), ("project", "Tideway"), ("hours", "8 to 4"), ("time zone", "GMT"), ("cost centre", "CC-8812"), ("language", "Polish"), ("contact", "WhatsApp"), ("style", "numbered steps"), ("likes", "green tea"), ("dislikes", "loud music"), ("diet", "halal"),
        ("allergy", "pollen"), ("never", "forward my payslip"),
    ];

    // Words of which no message is about anything that somebody holds: neither a value nor what a slot is called.
    private static readonly string[] Words = ["the", "printer", "jams", "again", "since", "yesterday", "and", "now", "it", "is", "over", "left", "I", "we", "gave", "up", "on", "that", "queue", "moved", "to", "invoice", "was", "replaced", "by", "a", "finished", "no", "longer", "server", "dead", "instead", "of", "done", "with", "stopped", "cancelled", ".", ",", "please", "my", "badge", "closed", "for", "good"];

    [Fact]
    public void Read_ChangeToldFreely_IsNoticed()
    {
        var missed = HeldCases.Changes.Where(tried => !IsNoticed(tried.Slot, tried.Before, tried.Message, tried.After)).Select(tried => tried.Message).ToList();

        missed.ForEach(output.WriteLine);
        Assert.True(HeldCases.Changes.Count >= 200);
        Assert.True(missed.Count <= 10, $"{missed.Count} of {HeldCases.Changes.Count}");
    }

    [Fact]
    public void Read_NearToAChange_ChangesNothing()
    {
        Assert.True(HeldCases.Traps.Count >= 60);
        Assert.All(HeldCases.Traps, trap => Assert.Empty(HeldReader.Read(trap.Message, [new HeldValue(trap.Slot, trap.Value)], RuleExtractor.Extract(trap.Message))));
    }

    [Fact]
    public void Read_ChangeOfOneSlot_LeavesTheOthers()
    {
        Assert.All(HeldCases.Changes, tried =>
        {
            HeldValue[] held = [new(tried.Slot, tried.Before), .. Profile.Where(other => other.Slot != tried.Slot).Select(other => new HeldValue(other.Slot, other.Value))];
            var found = RuleExtractor.Extract(tried.Message);
            Assert.DoesNotContain(HeldReader.Read(tried.Message, held, found), said => said.Slot != tried.Slot && !found.Contains(said));
        });
    }

    [Fact]
    public void Read_NamesNothingThatHolds_ChangesNothing()
    {
        HeldValue[] held = [.. Profile.Select(value => new HeldValue(value.Slot, value.Value))];
        var messages = Gen.Elements(Words).ListOf().Select(words => string.Join(' ', words.Take(60))).ToArbitrary();
        Prop.ForAll(messages, message => HeldReader.Read(message, held, []).Count == 0).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Read_NothingHeld_GivesWhatWasFound()
    {
        foreach (var (_, _, message, _) in HeldCases.Changes)
        {
            var found = RuleExtractor.Extract(message);
            Assert.Equal(found, HeldReader.Read(message, [], found));
        }
    }

    [Theory]
    [InlineData("She wrote: \"Ingrid left the company and Pedro Valdez took over.\"")]
    [InlineData("> Ingrid left the company\n\nIs that so?")]
    [InlineData("Forwarded from Marta: Ingrid left the company.")]
    [InlineData("Ben: Ingrid left the company.")]
    [InlineData("```\nIngrid left the company\n```")]
    public void Read_WordsOfOthers_ChangeNothing(string message) => Assert.Empty(HeldReader.Read(message, [new HeldValue("manager", "Ingrid Solberg")], RuleExtractor.Extract(message)));

    [Fact]
    public void Read_ModelNamesNothing_TakesWhatEnds()
    {
        var said = HeldReader.Read("Ingrid retired last week.", [new HeldValue("manager", "Ingrid Solberg")], []);

        Assert.Equal(("manager", "Ingrid Solberg", true), (Assert.Single(said).Slot, said[0].Value, said[0].IsRetraction));
        Assert.Equal("Ingrid retired last week.", said[0].Source);
    }

    [Fact]
    public void Read_OnlyAnotherValue_IsOfTheLastThingSaid()
    {
        Assert.Equal("2.209", Assert.Single(HeldReader.Read("Actually it's 2.209.", [new HeldValue("desk", "2.207", IsLatest: true)], [])).Value);
        Assert.Empty(HeldReader.Read("Actually it's 2.209.", [new HeldValue("desk", "2.207")], []));
    }

    [Fact]
    public void Read_MadeToKeepUsBusy_Ends()
    {
        HeldValue[] held = [.. Profile.Select(value => new HeldValue(value.Slot, value.Value))];
        foreach (var part in (string[])["I left and then moved from Oslo and then ", "a", "Greta Holm, ", "my new my old my new ", "I gave up Oslo. ", "Greta, who was, who had, now has been just ", "the old one and the old thing, ", "I'm no longer in the in the in the. ", "from 3 to 14 ", "\uE000 "])
        {
            // As long as is read at all, as one sentence and as sentences of the greatest length.
            var message = string.Concat(Enumerable.Repeat(part, 2_000 / part.Length));
            Assert.InRange(message.Length, 1_900, 2_000);
            foreach (var tried in (string[])[message, string.Join(". ", message.Chunk(390).Select(chunk => new string(chunk)))[..Math.Min(2_000, message.Length)]])
            {
                var clock = new CountingClock();
                Assert.True(HeldReader.Read(tried, held, [], clock).Count <= 32);
                output.WriteLine($"{clock.Looks} looks at the clock, {clock.Elapsed.TotalMilliseconds:0} ms: {tried[..40]}");
            }
        }
    }

    // The clock is asked before each value and each sentence: two seconds in all, however many there are.
    [Fact]
    public void Read_TimeIsOver_GivesWhatWasFoundByThen()
    {
        HeldValue[] held = [new("manager", "Ingrid Solberg"), .. Profile.Where(other => other.Slot != "manager").Select(other => new HeldValue(other.Slot, other.Value))];
        var found = RuleExtractor.Extract("My desk is 5.042.");

        Assert.Equal(found, HeldReader.Read("Ingrid retired last week. I gave up Oslo.", held, found, new CountingClock { Step = TimeSpan.FromSeconds(3) }));
        Assert.Contains(HeldReader.Read("Ingrid retired last week. I gave up Oslo.", held, found, new CountingClock()), said => said is { Slot: "manager", IsRetraction: true });

        var slow = new CountingClock { Step = TimeSpan.FromSeconds(0.25) };
        HeldReader.Read(string.Concat(Enumerable.Repeat("Somebody waits for the lift. ", 60)), held, found, slow);
        Assert.InRange(slow.Looks, 8, 8 + (2 * held.Length));
    }

    // Who is there after all is there on the days that they name; with none named, on those of the only absence.
    [Theory]
    [InlineData("I'll be in the office from 3 to 14 August after all.", "from 3 to 14 August")]
    [InlineData("I'm here on 22 December after all.", "on 22 December")]
    [InlineData("I'll be around on Friday after all.")]
    [InlineData("I'm in the office on 10 December after all.")]
    [InlineData("I'll be working after all.")]
    public void Read_HereAfterAll_EndsTheAbsenceOfThoseDays(string message, params string[] ended)
    {
        var read = HeldReader.Read(message, [new("absent", "from 3 to 14 August"), new("absent", "on 22 December")], []);

        Assert.Equal(ended, read.Where(said => said is { Slot: "absent", IsRetraction: true }).Select(said => said.Value));
    }

    [Theory]
    [InlineData("I'll be working after all.", true)]
    [InlineData("Change of plans, I'm here after all.", true)]
    [InlineData("I'm here on Friday after all.", false)]
    [InlineData("I'll be in at nine tomorrow after all.", false)]
    public void Read_HereAfterAllWithOneAbsence_EndsItUnlessOtherDaysAreNamed(string message, bool isOver) =>
        Assert.Equal(isOver, HeldReader.Read(message, [new("absent", "from 3 to 14 August")], []).Any(said => said.IsRetraction));

    [Fact]
    public void Of_WhatIsToComeOrWasSaidLater_IsNotHeld()
    {
        var said = new DateTimeOffset(2026, 11, 22, 9, 0, 0, TimeSpan.Zero);
        MemoryFact Fact(long id, string slot, DateTimeOffset at) =>
            new() { Id = id, Kind = MemoryKind.Fact, Subject = Statement.Speaker, Slot = slot, Value = "x", Source = FactSource.Said, MessageIds = ["m"], Confidence = 0.9, ValidFrom = at, RecordedAt = at };

        var held = HeldValue.Of([Fact(1, "desk", said.AddMinutes(-5)), Fact(2, "office", said.AddDays(-1)), Fact(3, "home", said.AddMinutes(1)), Fact(4, "team", said.AddDays(-1)) with { HoldsFrom = said.AddDays(2) }, Fact(5, "role", said.AddDays(-2)) with { SupersededBy = 0 }], said);

        Assert.Equal([("desk", true), ("office", false)], held.Select(value => (value.Slot, value.IsLatest)));
    }

    private sealed class CountingClock : TimeProvider
    {
        private long _now = System.GetTimestamp();

        public TimeSpan Step { get; init; }

        public int Looks { get; private set; }

        public TimeSpan Elapsed => System.GetElapsedTime(_now);

        public override long GetTimestamp()
        {
            _now += (long)(Step.TotalSeconds * TimestampFrequency);
            Looks++;
            return Step > TimeSpan.Zero ? _now : System.GetTimestamp();
        }
    }

    private static bool IsNoticed(string slot, string before, string message, string after)
    {
        var read = HeldReader.Read(message, [new HeldValue(slot, before)], RuleExtractor.Extract(message)).Where(said => said.Slot == slot).ToList();
        var isOver = read.Exists(said => said.IsRetraction ? said.Value.Length == 0 || FactLedger.IsSame(said.Value, before) : MemorySlots.All[slot].IsSingle && !FactLedger.IsSame(said.Value, before));
        return isOver && (after.Length == 0 ? read.TrueForAll(said => said.IsRetraction) : read.Exists(said => !said.IsRetraction && FactLedger.IsSame(said.Value, after)));
    }
}
