namespace Steward.Engines.Memory.Tests.Extraction;

/// <summary>Conversations in the words of an office, by an author who had read neither the rules nor the other sets. What the rules made of them at first is in benchmarks/README.md.</summary>
internal static class OfficeConversations
{
    private static readonly string[] Fillers =
    [
        "The scanner on the third floor jams again.", "How many days of leave are left?", "Thanks, that worked.", "My VPN drops every hour.", "Where do I find the travel policy?", "Can you reset the badge of the visitor?", "ok great",
    ];

    // How a sentence stands in a message. The last ones are those of somebody in a hurry.
    private static readonly Func<string, string>[] Around =
    [
        text => text, text => $"Hi there. {text}", text => $"{text} Thanks!", text => $"FYI: {text}", text => $"btw {Lower(text)}", text => $"{text} Could you note that somewhere?",
        text => $"Just so you know, {Lower(text)}", text => text.TrimEnd('.'), text => text.Replace("I'm", "I am", StringComparison.Ordinal).Replace("I've", "I have", StringComparison.Ordinal), text => $"Good morning, one thing before I forget: {Lower(text)}", text => text.EndsWith('.') ? $"{text.TrimEnd('.')}!" : text,
        text => text.Replace("I ", "i ", StringComparison.Ordinal).Replace("I'm", "im", StringComparison.Ordinal).Replace("I've", "ive", StringComparison.Ordinal).TrimEnd('.'),
    ];

    public static IReadOnlyList<FreshConversation> All { get; } = [.. OfficeStatements.All.SelectMany(Of), .. Written()];

    private static IEnumerable<FreshConversation> Of(OfficeStatements slot)
    {
        var isSingle = IsSingle(slot.Slot);
        var around = slot.Slot.Length;
        string Said(string template, string value, string before = "")
        {
            return Around[around++ % Around.Length](template).Replace("{0}", value.Split('|')[0], StringComparison.Ordinal).Replace("{1}", before.Split('|')[0], StringComparison.Ordinal);
        }

        string Filler() => Fillers[around++ % Fillers.Length];
        string Value(int i) => slot.Values[i % slot.Values.Length];
        string Says(int i) => slot.Says[i % slot.Says.Length];
        FreshConversation One(string name, string[] messages, string[] holds, string[]? over = null) => new($"{slot.Slot}, {name}", messages, [.. holds.Select(value => Label(slot, value))], [.. (over ?? []).Select(value => Label(slot, value))]);

        for (var i = 0; i < slot.Says.Length; i++)
        {
            yield return One("said", i % 2 == 0 ? [Said(Says(i), Value(i))] : [Filler(), Said(Says(i), Value(i)), Filler()], [Value(i)]);
        }

        for (var i = 0; i < 3; i++)
        {
            yield return One("in other words", [Said(Says(i), Value(i)), Filler(), Said(Says(i + 3), Value(i))], [Value(i)]);
            yield return isSingle
                ? One("another later", [Said(Says(i + 1), Value(i)), Filler(), Said(Says(i + 4), Value(i + 1))], [Value(i + 1)], [Value(i)])
                : One("two", [Said(Says(i + 1), Value(i)), Said(Says(i + 4), Value(i + 1))], [Value(i), Value(i + 1)]);
        }

        for (var i = 0; i < slot.Changes.Length; i++)
        {
            yield return One("changed", [Said(Says(i), Value(i)), Filler(), Said(slot.Changes[i], Value(i + 1), Value(i))], [Value(i + 1)], [Value(i)]);
            yield return One("changed before", [Said(slot.Changes[i], Value(i + 2), Value(i + 3))], [Value(i + 2)]);
        }

        for (var i = 0; i < slot.Drops.Length; i++)
        {
            yield return One("dropped", [Said(Says(i + 2), Value(i)), Said(slot.Drops[i], "", Value(i))], [], [Value(i)]);
        }

        for (var i = 0; i < slot.Nots.Length; i++)
        {
            yield return One("not said", [Said(slot.Nots[i], Value(i))], []);
            yield return One("not changed", [Said(Says(i), Value(i)), Said(slot.Nots[i], Value(i + 1))], [Value(i)]);
        }
    }

    private static bool IsSingle(string slot) => Steward.Engines.Memory.Extraction.MemorySlots.All[slot].IsSingle;

    private static FreshLabel Label(OfficeStatements slot, string value) => new(slot.Slot, [.. value.Split('|').SelectMany(word => slot.Forms.Select(form => form.Replace("{0}", word, StringComparison.Ordinal)).Prepend(word))]);

    private static string Lower(string text) => text.StartsWith("I ", StringComparison.Ordinal) || text.StartsWith("I'", StringComparison.Ordinal) ? text : $"{char.ToLowerInvariant(text[0])}{text[1..]}";

    private static IEnumerable<FreshConversation> Written() =>
    [
        One(["Hi, I'm Henrike from Logistics, my badge doesn't open the door at the Antwerp office since this morning."], ["name=Henrike", "team=Logistics"]),
        One(["My laptop is a Latitude 5550, runs Windows 11 and the docking station at my desk, 4.021, isn't recognised."], ["laptop=Latitude 5550|a Latitude 5550", "system=Windows 11", "desk=4.021"]),
        One(["I report to Greta Holm and sit in the Oslo office."], ["manager=Greta Holm", "office=Oslo|the Oslo office"]),
        One(["I have a peanut allergy, so please check with the caterer before you book."], ["allergy=peanut|peanuts"]),
        One(["I'm vegetarian and allergic to kiwi. Also, please don't phone, mail is fine."], ["diet=vegetarian", "allergy=kiwi", "contact=mail|email|e-mail"]),
        One(["No idea who my manager is at the moment, HR hasn't told us."], []),
        One(["> I work in Facilities and my manager is Dana Fox\n\nThat is what the requester wrote. What should I answer?"], []),
        One(["INC-20331: \"I am based in Porto and use a ThinkPad T14\". Can you assign it to someone?"], []),
        One(["My husband is allergic to nuts and we both live in Leiden."], ["home=Leiden"]),
        One(["My predecessor reported to Lars Ek. I report to Yusuf Demir."], ["manager=Yusuf Demir"]),
        One(["My manager is Anita Rao.", "Sorry, typo, I meant Anita Rau. My manager is Anita Rau."], ["manager=Anita Rau"], ["manager=Anita Rao"]),
        One(["I'm based in Lyon.", "Is the Lyon office closed on Monday?", "And what about the one in Nice?"], ["office=Lyon"]),
        One(["I work 8 to 4.", "On Friday I have to work 10 to 6 because of the audit."], ["hours=8 to 4|from 8 to 4"]),
        One(["Assume for a moment that I live in Zug and work in Basel. Which canton taxes me?"], []),
        One(["My deputy is Oskar Blum.", "Oskar Blum is ill this week, who else has his rights?"], ["deputy=Oskar Blum"]),
        One(["I prefer email.", "Email is down again."], ["contact=email|e-mail|mail"]),
        One(["My manager, Priya Shah, asked me to order ten licences."], ["manager=Priya Shah"]),
        One(["My manager asked if Priya Shah could have a licence."], []),
        One(["I moved to the second floor, my desk is 2.207 now.", "Actually it's 2.209."], ["desk=2.209"], ["desk=2.207"]),
        One(["I was in Procurement until May, then in Sales, and I'm in Legal now."], ["team=Legal"]),
        One(["The new colleague is called Milan, sits at desk 1.14, reports to Eva Kranz and has a MacBook Air."], []),
        One(["Please order for Tanja: she's vegan, lives in Bonn and her cost centre is 4410."], []),
        One(["We're thinking about moving to Seville. I currently live in Cadiz."], ["home=Cadiz"]),
        One(["I don't have an allergy, but I don't eat pork."], []),
        One(["Teams or email, I don't mind."], []),
        One(["I hate that Outlook hangs whenever I open the calendar."], []),
        One(["I love it when the VPN works."], []),
        One(["I work with Outlook and SAP every day."], ["software=Outlook", "software=SAP"]),
        One(["Would you mind keeping it short? I read these on my phone."], ["style=short"]),
        One(["I'm Dr Amelie Roth, but please call me Amelie."], ["name=Amelie"]),
        One(["I will be on parental leave from 1 June to 30 September, Mikael Strand covers for me."], ["absent=from 1 June to 30 September|1 June to 30 September", "deputy=Mikael Strand"]),
        One(["If I'm not mistaken my cost centre is 5512."], ["cost centre=5512"]),
    ];

    private static FreshConversation One(string[] messages, string[] holds, string[]? over = null) => new("written", messages, [.. holds.Select(Label)], [.. (over ?? []).Select(Label)]);

    private static FreshLabel Label(string label) => new(label[..label.IndexOf('=', StringComparison.Ordinal)], label[(label.IndexOf('=', StringComparison.Ordinal) + 1)..].Split('|'));
}
