namespace Steward.Engines.Memory.Tests.Extraction;

/// <summary>Conversations by an author who had not read the rules nor the other sets. What the rules made of them at first is in benchmarks/README.md; since then the rules may have seen them.</summary>
internal static class FreshConversations
{
    private static readonly string[] Fillers =
    [
        "Thanks, that worked.", "The build is red again.", "Can you reset my VPN token?", "ok", "What is the status of INC0012345?", "The printer on floor 2 shows error 50.4.", "Please book a meeting room for six people tomorrow at ten.",
        "The invoice of March was paid twice.", "Why is the intranet so slow today?", "Could you send me the link once more?", "I can't open the attachment.", "The customer called twice this morning.",
    ];

    private static readonly (string Before, string After)[] Around =
    [
        ("", ""), ("Hi! ", ""), ("", " Can you open a ticket for the broken door?"), ("By the way: ", ""), ("", " Thanks!"), ("Good morning. ", " And the VPN drops every hour."), ("fyi, ", ""), ("So, ", ""),
    ];

    public static IReadOnlyList<FreshConversation> All { get; } = [.. FreshStatements.All.SelectMany(Of), .. Written()];

    private static IEnumerable<FreshConversation> Of(FreshStatements slot)
    {
        string Value(int i) => slot.Values[i % slot.Values.Length];
        var n = slot.Slot.Length;
        foreach (var said in slot.Said)
        {
            // Once, in the middle of other matters.
            yield return Conversation("said", [Filler(n), Around[n % Around.Length].Before + Fill(said, Value(n)) + Around[n % Around.Length].After, Filler(n + 5)], [Value(n)], []);
            n++;
        }

        for (var i = 0; i + 1 < slot.Said.Length; i += 2)
        {
            // The same in other words.
            yield return Conversation("paraphrase", [Fill(slot.Said[i], Value(i)), Filler(n + i), Fill(slot.Said[i + 1], Value(i))], [Value(i)], []);
        }

        foreach (var changed in slot.Changed)
        {
            for (var i = 0; i < 2; i++)
            {
                n++;
                yield return Conversation("changed", [Fill(slot.Said[n % slot.Said.Length], Value(n)), Filler(n), Fill(changed, Value(n + 1), Value(n))], [Value(n + 1)], [Value(n)]);
            }

            // And back again.
            yield return Conversation("back", [Fill(slot.Said[0], Value(n)), Fill(changed, Value(n + 1), Value(n)), Filler(n), Fill(slot.Changed[0], Value(n), Value(n + 1))], [Value(n)], [Value(n + 1)]);
        }

        foreach (var gone in slot.Gone)
        {
            for (var i = 0; i < 2; i++)
            {
                n++;
                yield return Conversation("gone", [Fill(slot.Said[n % slot.Said.Length], Value(n)), Filler(n), Fill(gone, "", Value(n))], [], [Value(n)]);
            }
        }

        foreach (var not in slot.Not)
        {
            n++;
            yield return Conversation("not", [Filler(n), Fill(not, Value(n))], [], []);
            yield return Conversation("not beside", [Fill(slot.Said[n % slot.Said.Length], Value(n)), Around[n % Around.Length].Before + Fill(not, Value(n + 1)) + Around[n % Around.Length].After], [Value(n)], []);
        }

        FreshConversation Conversation(string what, string[] messages, string[] holds, string[] over) => new($"{slot.Slot}: {what}", messages, [.. holds.Select(value => Label(slot, value))], [.. over.Select(value => Label(slot, value))]);
    }

    private static FreshLabel Label(FreshStatements slot, string value) => new(slot.Slot, [.. value.Split('|').SelectMany(word => slot.Forms.Select(form => form.Replace("{0}", word, StringComparison.Ordinal)).Prepend(word))]);

    private static string Filler(int i) => Fillers[i % Fillers.Length];

    private static string Fill(string template, string value, string before = "") => template.Replace("{0}", value.Split('|')[0], StringComparison.Ordinal).Replace("{1}", before.Split('|')[0], StringComparison.Ordinal);

    private static IEnumerable<FreshConversation> Written()
    {
        yield return One(["I'm Katya, I report to Ingrid Solberg and I'm based in Lisbon."], ["name=Katya", "manager=Ingrid Solberg", "office=Lisbon|Lisbon office"]);
        yield return One(["My manager is Ingrid Solberg and hers is Pedro Valdez."], ["manager=Ingrid Solberg"]);
        yield return One(["I live in Ghent, my brother lives in Graz."], ["home=Ghent"]);
        yield return One(["I'm vegan and allergic to sesame."], ["diet=vegan", "allergy=sesame"]);
        yield return One(["My laptop is a ThinkPad X1 running Fedora."], ["laptop=ThinkPad X1|a ThinkPad X1", "system=Fedora"]);
        yield return One(["My manager is Aisha Rahman.", "Sorry, I meant Pedro Valdez. My manager is Pedro Valdez."], ["manager=Pedro Valdez"], ["manager=Aisha Rahman"]);
        yield return One(["I'm moving to the Krakow office next year, maybe.", "For now I'm based in Lisbon."], ["office=Lisbon|Lisbon office"]);
        yield return One(["I'm based in Lisbon.", "My colleague is based in Krakow now."], ["office=Lisbon|Lisbon office"]);
        yield return One(["My manager is Ingrid Solberg.", "Lena's manager is Pedro Valdez now, she no longer reports to Ingrid Solberg."], ["manager=Ingrid Solberg"]);
        yield return One(["I'm allergic to latex.", "My son is not allergic to latex any more."], ["allergy=latex"]);
        yield return One(["I live in Bristol.", "My parents don't live in Bristol any more, they live in Graz."], ["home=Bristol"]);
        yield return One(["I use Figma every day.", "The marketing people don't use Figma any more."], ["software=Figma"]);
        yield return One(["I'm a technical writer.", "What would change if I were a procurement lead?"], ["role=technical writer|a technical writer"]);
        yield return One(["Please answer me in Dutch.", "Can you translate the attached mail into Polish?"], ["language=Dutch"]);
        yield return One(["Please answer me in Dutch.", "The next letter is for a customer: write it in Italian."], ["language=Dutch"]);
        yield return One(["Suppose I lived in Graz, reported to Pedro Valdez and worked on a MacBook Pro: which form would I need?"], []);
        yield return One(["She wrote: \"My manager is Ingrid Solberg and I work in Treasury.\""], []);
        yield return One(["Forwarded from Marta: I'm on leave next Thursday, Felix Brandt covers for me."], []);
        yield return One(["Is it true that I report to Tomasz Zielinski?"], []);
        yield return One(["Tell Erik that his desk is 17C."], []);
        yield return One(["Which laptop do people in Treasury get, a Latitude 7440 or a ThinkPad X1?"], []);
        yield return One(["The new starter is a payroll accountant, sits at desk B-207 and reports to Aisha Rahman."], []);
        yield return One(["I never said that I live in Graz."], []);
        yield return One(["I don't report to Pedro Valdez, I report to Aisha Rahman."], ["manager=Aisha Rahman"]);
        yield return One(["My manager is Aisha Rahman.", "No changes: I still report to Aisha Rahman."], ["manager=Aisha Rahman"]);
        yield return One(["I work from the Rotterdam office.", "I'm not moving to Krakow after all, I stay in the Rotterdam office."], ["office=Rotterdam|Rotterdam office|the Rotterdam office"]);
        yield return One(["I like filter coffee and window seats."], ["likes=filter coffee", "likes=window seats"]);
        yield return One(["I like filter coffee, but my wife prefers tea."], ["likes=filter coffee"]);
        yield return One(["I love trail running but I can't stand night flights."], ["likes=trail running", "dislikes=night flights"]);
        yield return One(["I used to like early meetings.", "Now I hate early meetings."], ["dislikes=early meetings"]);
        yield return One(["I like early meetings.", "Honestly, I hate early meetings these days."], ["dislikes=early meetings"], ["likes=early meetings"]);
        yield return One(["My deputy is Noor Haddad. She sits at desk K3-05 and lives in Malmo."], ["deputy=Noor Haddad"]);
        yield return One(["My deputy Noor Haddad is on leave next Thursday."], ["deputy=Noor Haddad"]);
        yield return One(["Ask my manager, Tomasz Zielinski, for the approval."], ["manager=Tomasz Zielinski"]);
        yield return One(["Since my promotion I'm a procurement lead and I work in Field Service."], ["role=procurement lead|a procurement lead", "team=Field Service|Field Service team"]);
        yield return One(["I'm a payroll accountant.", "Sorry, that was wrong, I'm a technical writer."], ["role=technical writer|a technical writer"], ["role=payroll accountant|a payroll accountant"]);
        yield return One(["What is my manager's name?", "Who is my deputy?", "Where is my desk?"], []);
        yield return One(["Imagine you were my manager: would you sign this?"], []);
        yield return One(["In my last company my manager was Aisha Rahman."], []);
        yield return One(["My phone is a Pixel 8 and my laptop is a Latitude 7440."], ["phone=Pixel 8|a Pixel 8", "laptop=Latitude 7440|a Latitude 7440"]);
    }

    private static FreshConversation One(string[] messages, string[] holds, string[]? over = null) => new("written", messages, [.. holds.Select(Label)], [.. (over ?? []).Select(Label)]);

    private static FreshLabel Label(string label) => new(label[..label.IndexOf('=', StringComparison.Ordinal)], label[(label.IndexOf('=', StringComparison.Ordinal) + 1)..].Split('|'));
}

/// <summary>A conversation of one person and what is known of them after it. Whatever else is known was said of others, or of nobody.</summary>
/// <param name="Name">What it tries.</param>
/// <param name="Messages">What the person writes.</param>
/// <param name="Holds">What holds at the end.</param>
/// <param name="Over">What was said and does not hold any more.</param>
internal sealed record FreshConversation(string Name, IReadOnlyList<string> Messages, IReadOnlyList<FreshLabel> Holds, IReadOnlyList<FreshLabel> Over);

/// <summary>A value of a slot.</summary>
/// <param name="Slot">The slot.</param>
/// <param name="Values">The value in the forms that count as it.</param>
internal sealed record FreshLabel(string Slot, IReadOnlyList<string> Values);
