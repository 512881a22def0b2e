using FsCheck;
using FsCheck.Fluent;
using Steward.Errors;
using Steward.Grains.Tests.Hosting;
using Steward.Identity;
using Steward.Memory;

namespace Steward.Grains.Tests.Memory;

/// <summary>
/// Random histories of five persons in three tenants, two of whom have the same id: whatever is said, asked, corrected, restored, forgotten and erased in whatever order, nobody is ever told anything that somebody else said, and nobody's memory changes by what
/// somebody else does. A history that breaks it is made as short as can be and printed.
/// </summary>
[Collection(GrainClusterGroup.Name)]
public sealed class MemoryPrivacyProperties(GrainCluster cluster)
{
    private static readonly Config Many = Config.QuickThrowOnFailure.WithMaxTest(40).WithEndSize(40);
    private static readonly string[] Slots = ["manager", "office", "likes", "allergy", "project"];
    private static readonly (string Tenant, string Id)[] Places = [("t-pearl", "a"), ("t-pearl", "b"), ("t-onyx", "a"), ("t-onyx", "c"), ("t-agate", "b")];

    private static int s_histories;

    [Fact]
    public async Task Histories_OfSeveralPersons_NeverMeet() =>
        await Task.Run(() => FsCheck.Check.One(Many, Prop.ForAll(Histories(), history => RunAsync(history).GetAwaiter().GetResult())));

    [Fact]
    public async Task History_OfOnePerson_IsToldToThatPerson()
    {
        // The same checks see what is there: they do not pass because nothing is.
        var persons = People();
        foreach (var person in persons)
        {
            await ApplyAsync(persons, 0, new Deed(What.Say, Array.IndexOf(persons, person), 0, 1, 3));
        }

        foreach (var person in persons)
        {
            var told = await ToldAsync(person, persons);
            Assert.NotEmpty(told);
            Assert.All(told, value => Assert.Contains(person.Mark, value, StringComparison.Ordinal));
            Assert.Throws<LeakException>(() => Check(persons.First(other => other != person), told));
        }
    }

    private static Arbitrary<List<Deed>> Histories()
    {
        var deeds = from what in Gen.Frequency([(6, Gen.Constant(What.Say)), (3, Gen.Constant(What.Ask)), (2, Gen.Constant(What.Correct)), (2, Gen.Constant(What.Forget)), (1, Gen.Constant(What.Restore)), (1, Gen.Constant(What.Erase)), (1, Gen.Constant(What.Consolidate)), (1, Gen.Constant(What.TakeBack))])
                    from who in Gen.Choose(0, Places.Length - 1)
                    from other in Gen.Choose(0, Places.Length - 1)
                    from slot in Gen.Choose(0, Slots.Length - 1)
                    from number in Gen.Choose(1, 4)
                    select new Deed(what, who, other, slot, number);
        return Arb.From(deeds.ListOf().Select(list => list.ToList()), Shorter);
    }

    private static IEnumerable<List<Deed>> Shorter(List<Deed> history)
    {
        for (var size = (history.Count + 1) / 2; size > 0; size /= 2)
        {
            for (var at = 0; at < history.Count; at += size)
            {
                yield return [.. history[..at], .. history[Math.Min(history.Count, at + size)..]];
            }
        }
    }

    private static Person[] People()
    {
        var history = Interlocked.Increment(ref s_histories);
        return [.. Places.Select((place, i) => new Person(place.Tenant, FormattableString.Invariant($"u-{place.Id}-{history}"), FormattableString.Invariant($"mark{i}x{history}")))];
    }

    private async Task RunAsync(List<Deed> history)
    {
        var persons = People();
        var held = persons.ToDictionary(person => person, _ => new List<string>());
        for (var i = 0; i < history.Count; i++)
        {
            var deed = history[i];
            await ApplyAsync(persons, i, deed);
            foreach (var person in persons)
            {
                var now = await HeldAsync(person);
                Check(person, now);
                if (person != persons[deed.Who] && !now.SequenceEqual(held[person]))
                {
                    throw new LeakException($"What {persons[deed.Who]} did ({deed}) changed what is held of {person}.");
                }

                held[person] = now;
            }
        }

        foreach (var person in persons)
        {
            Check(person, await ToldAsync(person, persons));
        }
    }

    private async Task ApplyAsync(Person[] persons, int step, Deed deed)
    {
        var (person, other) = (persons[deed.Who], persons[deed.Other]);
        var slot = Slots[deed.Slot];
        var memory = Memory(person);
        var value = $"the {slot} of {person.Mark} number {deed.Number}";
        var operation = FormattableString.Invariant($"op-{step}");
        try
        {
            switch (deed.What)
            {
                case What.Say or What.TakeBack:
                    cluster.SignIn(person.Tenant, PlatformIdentity.UserId, WellKnownRoles.System);
                    var said = Remembering.Said(slot, value, slot == "allergy" ? MemoryKind.Constraint : slot == "likes" ? MemoryKind.Preference : MemoryKind.Fact, deed.What == What.TakeBack);
                    await memory.Note(new NoteStatements { MessageId = FormattableString.Invariant($"s-1/r-{step}"), SaidAt = cluster.Time.GetUtcNow().AddSeconds(step), Statements = [said] });
                    break;
                case What.Ask:
                    SignIn(person);
                    Check(person, await ValuesAsync(memory, $"the {slot} of {other.Mark} number {deed.Number}"));
                    break;
                case What.Correct:
                    // By an id that is somebody else's, as far as it is one of this person's own too.
                    var wrong = await IdAsync(other, deed.Number);
                    SignIn(person);
                    await memory.Correct(new CorrectMemory { MemoryId = wrong, Value = value, OperationId = operation });
                    break;
                case What.Forget:
                    var gone = await IdAsync(other, deed.Number);
                    SignIn(person);
                    await memory.Forget(new ForgetMemories { MemoryIds = [gone], OperationId = operation });
                    break;
                case What.Restore:
                    var old = await IdAsync(other, deed.Number);
                    SignIn(person);
                    await memory.Restore(old);
                    break;
                case What.Erase:
                    SignIn(person);
                    await memory.Erase(new EraseMemory { OperationId = operation });
                    break;
                default:
                    SignIn(person);
                    await memory.Consolidate();
                    break;
            }
        }
        catch (StewardException exception) when (exception.Code is ErrorCodes.NotFound or ErrorCodes.Conflict)
        {
            foreach (var stranger in persons.Where(stranger => stranger != person))
            {
                Assert.DoesNotContain(stranger.Mark, exception.ToString(), StringComparison.Ordinal);
            }
        }
    }

    /// <summary>All that a person is told, in each way there is.</summary>
    private async Task<List<string>> ToldAsync(Person person, Person[] persons)
    {
        var told = await HeldAsync(person);
        var memory = Memory(person);
        SignIn(person);
        told.AddRange((await memory.Export()).Memories.Select(item => item.Value));
        foreach (var about in persons)
        {
            foreach (var slot in Slots)
            {
                told.AddRange(await ValuesAsync(memory, $"the {slot} of {about.Mark} number 1"));
            }

            // What a run of this person is told, when its message names somebody else.
            cluster.SignIn(person.Tenant, PlatformIdentity.UserId, WellKnownRoles.System);
            told.AddRange(await ValuesAsync(memory, $"What do you remember about {about.Id}, {about.Mark}?"));
            SignIn(person);
        }

        return told;
    }

    private async Task<List<string>> HeldAsync(Person person)
    {
        SignIn(person);
        return [.. (await Memory(person).List(new ListMemories { Limit = 200, IncludeSuperseded = true })).Memories.Select(item => FormattableString.Invariant($"{item.Id} {item.Holds} {item.Value}"))];
    }

    private async Task<long> IdAsync(Person person, int number)
    {
        SignIn(person);
        var ids = (await Memory(person).List(new ListMemories { Limit = 200, IncludeSuperseded = true })).Memories.Select(item => item.Id).ToList();
        return ids.Count == 0 ? number : ids[number % ids.Count];
    }

    private static async Task<IEnumerable<string>> ValuesAsync(IUserMemoryGrain memory, string text) =>
        (await memory.Recall(new RecallMemories { Text = text, Top = 100 })).Memories.Select(recalled => recalled.Memory.Value);

    private static void Check(Person person, IEnumerable<string> told)
    {
        if (told.FirstOrDefault(value => !value.Contains(person.Mark, StringComparison.Ordinal)) is { } foreign)
        {
            throw new LeakException($"{person} was told: {foreign}");
        }
    }

    private void SignIn(Person person) => cluster.SignIn(person.Tenant, person.Id);

    private IUserMemoryGrain Memory(Person person) => cluster.MemoryOf(person.Id, person.Tenant);

    private enum What
    {
        Say,
        TakeBack,
        Ask,
        Correct,
        Restore,
        Forget,
        Erase,
        Consolidate,
    }

    private sealed record Deed(What What, int Who, int Other, int Slot, int Number);

    private sealed record Person(string Tenant, string Id, string Mark);

    private sealed class LeakException(string message) : Exception(message);
}
