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
            Assert.Equal(found.Where(said => said.IsRetraction), HeldReader.Read(message, [], found).Where(said => said.IsRetraction && found.Contains(said)));
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
        foreach (var message in (string[])
            [
                string.Concat(Enumerable.Repeat("I left and then moved from Oslo and then ", 400)), new string('a', 8_000), string.Concat(Enumerable.Repeat("Greta Holm, ", 700)),
                string.Concat(Enumerable.Repeat("my new my old my new ", 500)), string.Concat(Enumerable.Repeat("I gave up Oslo. ", 600)),
            ])
        {
            Assert.True(HeldReader.Read(message, held, []).Count <= 32);
        }
    }

    [Fact]
    public void Of_WhatIsToComeOrWasSaidLater_IsNotHeld()
    {
        var said = new DateTimeOffset(2026, 11, 22, 9, 0, 0, TimeSpan.Zero);
        MemoryFact Fact(long id, string slot, DateTimeOffset at) =>
            new() { Id = id, Kind = MemoryKind.Fact, Subject = Statement.Speaker, Slot = slot, Value = "x", Source = FactSource.Said, MessageIds = ["m"], Confidence = 0.9, ValidFrom = at, RecordedAt = at };

        var held = HeldValue.Of([Fact(1, "desk", said.AddMinutes(-5)), Fact(2, "office", said.AddDays(-1)), Fact(3, "home", said.AddMinutes(1)), Fact(4, "team", said.AddDays(-1)) with { HoldsFrom = said.AddDays(2) }, Fact(5, "role", said.AddDays(-2)) with { SupersededBy = 0 }], said);

        Assert.Equal([("desk", true), ("office", false)], held.Select(value => (value.Slot, value.IsLatest)));
    }

    private static bool IsNoticed(string slot, string before, string message, string after)
    {
        var read = HeldReader.Read(message, [new HeldValue(slot, before)], RuleExtractor.Extract(message)).Where(said => said.Slot == slot).ToList();
        var isOver = read.Exists(said => said.IsRetraction ? said.Value.Length == 0 || FactLedger.IsSame(said.Value, before) : MemorySlots.All[slot].IsSingle && !FactLedger.IsSame(said.Value, before));
        return isOver && (after.Length == 0 ? read.TrueForAll(said => said.IsRetraction) : read.Exists(said => !said.IsRetraction && FactLedger.IsSame(said.Value, after)));
    }
}
