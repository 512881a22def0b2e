namespace Steward.Engines.Memory.Tests.Extraction;

/// <summary>
/// Changes of mind as people tell them in passing: in stories, notes, forms, half sentences and letters. Written and committed before the rules were generalised for it, by the author of that change, who had read the rules: not a stranger's words. What the rules made
/// of them before and after is in benchmarks/README.md.
/// </summary>
internal static class TurnedConversations
{
    public static IReadOnlyList<FreshConversation> All { get; } =
    [
        // Told as a story.
        One(["My boss is Hanna Vogel.", "Long story short, Hanna Vogel went to the sister company and they've put Emre Aksoy in charge of us, so he's the one who signs my stuff now. Emre Aksoy is my boss as of this week."], ["manager=Emre Aksoy"], ["manager=Hanna Vogel"]),
        One(["I'm in the Turin office.", "After twelve years in Turin we packed up everything, and I've ended up in the Genoa office."], ["office=Genoa|Genoa office"], ["office=Turin|Turin office"]),
        One(["I live in Padua.", "The landlord sold the place, so we had to look around; eventually we settled in Verona."], ["home=Verona"], ["home=Padua"]),
        One(["I'm a payroll clerk.", "Remember when I told you what I do? That was before the reorganisation. They've since made me a compliance officer."], ["role=compliance officer|a compliance officer"], ["role=payroll clerk|a payroll clerk"]),
        One(["I work on a ThinkPad T490.", "The old thing died on Tuesday and IT handed me an EliteBook 840."], ["laptop=EliteBook 840|an EliteBook 840"], ["laptop=ThinkPad T490|a ThinkPad T490"]),
        One(["I'm on the Payments team.", "We were split in two last month. I landed on the Ledger team."], ["team=Ledger|Ledger team"], ["team=Payments|Payments team"]),
        One(["I'm vegetarian.", "Doctor's orders: I gave up being vegetarian in May. I eat halal these days."], ["diet=halal"], ["diet=vegetarian"]),
        One(["My deputy is Paolo Ricci.", "Paolo Ricci handed in his notice, and Lena Fuchs agreed to be my deputy."], ["deputy=Lena Fuchs"], ["deputy=Paolo Ricci"]),

        // Corrects oneself within a message.
        One(["My desk is 3.118... no wait, that's the old one. My desk is 5.042."], ["desk=5.042"], ["desk=3.118"]),
        One(["I report to Nadia, I mean Nadine Keller."], ["manager=Nadine Keller"]),
        One(["My cost centre is 77120. Oops, transposed: it's 71720."], ["cost centre=71720"], ["cost centre=77120"]),
        One(["I'm based in Bergen. Correction: as of Monday it's Tromsø that I'm based in."], ["office=Tromsø"], ["office=Bergen"]),
        One(["Please write to me in French; hmm, on reflection English is better for me."], ["language=English"], ["language=French"]),
        One(["Reach me on Slack. Or rather, make that email, I never look at Slack."], ["contact=email|e-mail|mail"], ["contact=Slack"]),
        One(["I work 9 to 5, well, 8 to 4 since the clocks changed."], ["hours=8 to 4|from 8 to 4"], ["hours=9 to 5"]),
        One(["My name is Konstantin, but do me a favour and call me Kostja."], ["name=Kostja"]),

        // Answers a message of its own.
        One(["I'm based in Aarhus.", "That's outdated. Odense is where I work now."], ["office=Odense"], ["office=Aarhus"]),
        One(["My manager is Clara Jung.", "Clara Jung isn't my manager anymore. That would be Hugo Petit."], ["manager=Hugo Petit"], ["manager=Clara Jung"]),
        One(["My manager is Clara Jung.", "Not Clara Jung any longer."], [], ["manager=Clara Jung"]),
        One(["I like long meetings with slides.", "You know what, I take that back. I don't like long meetings with slides."], ["dislikes=long meetings with slides"], ["likes=long meetings with slides"]),
        One(["Please keep your answers detailed.", "On second thoughts, keep them short from now on."], ["style=short"], ["style=detailed"]),
        One(["I'm running Fedora.", "Update on my machine: Fedora is gone, Debian is on it."], ["system=Debian"], ["system=Fedora"]),
        One(["My phone number is +47 22 334455.", "Disregard the number I gave you. The right one is +47 22 998877."], ["phone=+47 22 998877"], ["phone=+47 22 334455"]),
        One(["I'm allergic to walnuts.", "Good news from the allergist: the walnut thing turned out to be a false alarm, I'm not allergic to walnuts."], [], ["allergy=walnuts|walnut"]),

        // Notes and forms.
        One(["Manager: Hanna Vogel\nOffice: Turin\nCost centre: 30311"], ["manager=Hanna Vogel", "office=Turin", "cost centre=30311"]),
        One(["My manager is Hanna Vogel.", "Changes to my profile:\n- manager: Emre Aksoy\n- desk: 5.042"], ["manager=Emre Aksoy", "desk=5.042"], ["manager=Hanna Vogel"]),
        One(["My office is Turin.", "Office -> Genoa (was Turin)"], ["office=Genoa"], ["office=Turin"]),
        One(["My team is Payments.", "Team change: Payments => Ledger"], ["team=Ledger"], ["team=Payments"]),
        One(["new desk 5.042, new phone +47 22 998877"], ["desk=5.042", "phone=+47 22 998877"]),
        One(["Role now: compliance officer. Manager still Hanna Vogel."], ["role=compliance officer", "manager=Hanna Vogel"]),
        One(["language please: Spanish", "language please: back to Portuguese"], ["language=Portuguese"], ["language=Spanish"]),
        One(["Laptop swap done today. Old: ThinkPad T490. New: EliteBook 840."], ["laptop=EliteBook 840"]),

        // Letters.
        One(["Dear team, I should like to inform you that I am presently based in Utrecht.", "Dear team, kindly be advised that with effect from the first I am based in Arnhem rather than in Utrecht. Kind regards"], ["office=Arnhem"], ["office=Utrecht"]),
        One(["It would be much appreciated if you could address me as Dr Okafor."], ["name=Dr Okafor"]),
        One(["I would be grateful if your replies were in Italian.", "I would now ask you to reply in German instead."], ["language=German"], ["language=Italian"]),
        One(["Would you be so kind as to keep your answers brief?"], ["style=brief"]),
        One(["I regret to say that I am allergic to shellfish."], ["allergy=shellfish"]),
        One(["May I point out that Sofia Lindqvist has been my manager since January?"], ["manager=Sofia Lindqvist"]),
        One(["My manager is Sofia Lindqvist.", "May I bring to your attention that Sofia Lindqvist has retired and that I now report to Anders Dahl."], ["manager=Anders Dahl"], ["manager=Sofia Lindqvist"]),
        One(["I hereby confirm that my cost centre is 30311.", "I hereby confirm that my cost centre has become 30355."], ["cost centre=30355"], ["cost centre=30311"]),

        // Chatty.
        One(["so yeah I'm kinda stuck on a Latitude 5420", "woohoo finally got my MacBook Pro, bye bye Latitude 5420"], ["laptop=MacBook Pro|my MacBook Pro"], ["laptop=Latitude 5420|a Latitude 5420"]),
        One(["lol no one here says Alexandra, I'm just Sasha"], ["name=Sasha"]),
        One(["i luv spicy ramen", "ok i'm over spicy ramen tbh"], [], ["likes=spicy ramen"]),
        One(["can't do mornings, i'm usually in from 11 to 7"], ["hours=11 to 7|from 11 to 7"]),
        One(["ping me on teams pls", "ugh teams keeps dropping, pls text me instead"], ["contact=text"], ["contact=Teams"]),
        One(["my boss = Hanna Vogel", "new boss!! Emre Aksoy"], ["manager=Emre Aksoy"], ["manager=Hanna Vogel"]),
        One(["moved flats, it's Modena now", "I live in Modena."], ["home=Modena"]),
        One(["gonna be on Windows 11 from now on, bye Windows 10"], ["system=Windows 11"]),

        // Hedged and qualified, and true.
        One(["I believe my cost centre is 30311."], ["cost centre=30311"]),
        One(["As far as I know, I'm still with the Ledger team."], ["team=Ledger|Ledger team"]),
        One(["Technically I'm a compliance officer, whatever the directory says."], ["role=compliance officer|a compliance officer"]),
        One(["I used to prefer calls. I've come round to chat."], ["contact=chat"]),
        One(["I prefer phone calls.", "I've come to prefer chat."], ["contact=chat"], ["contact=phone calls|phone"]),
        One(["I'm more of an email person these days."], ["contact=email|e-mail|mail"]),
        One(["English is fine, but Dutch would suit me better, so Dutch please."], ["language=Dutch"]),
        One(["I can't eat gluten, I'm coeliac."], ["diet=coeliac"]),

        // Back and forth.
        One(["My desk is 3.118.", "I'm at desk 5.042 since yesterday.", "They moved me back to desk 3.118."], ["desk=3.118"], ["desk=5.042"]),
        One(["I like jasmine tea.", "I don't like jasmine tea any more.", "Actually I do like jasmine tea again."], ["likes=jasmine tea"]),
        One(["My deputy is Lena Fuchs.", "While Lena Fuchs is on leave, Paolo Ricci is my deputy.", "Lena Fuchs is back and she's my deputy again. Lena Fuchs is my deputy."], ["deputy=Lena Fuchs"], ["deputy=Paolo Ricci"]),
        One(["I work in the Utrecht office.", "I've switched offices and sit in Arnhem.", "Arnhem didn't work out, I'm back in the Utrecht office."], ["office=Utrecht|Utrecht office"], ["office=Arnhem|Arnhem office"]),
        One(["Answer me in Spanish.", "No more Spanish please.", "Go back to Spanish, please."], ["language=Spanish"]),
        One(["I use Notion for my notes.", "Dumped Notion, I use Obsidian for my notes."], ["software=Obsidian"], ["software=Notion"]),
        One(["I'm working on project Heron.", "Project Heron was wound up, so I've been put on project Osprey."], ["project=Osprey|project Osprey"], ["project=Heron|project Heron"]),
        One(["My hours are 7 to 3.", "Childcare changed, so my hours have become 10 to 6."], ["hours=10 to 6"], ["hours=7 to 3"]),
        One(["My time zone is CET.", "I've relocated, my time zone would be EST."], ["time zone=EST"], ["time zone=CET"]),

        // Others, cases and wishes, beside what is so.
        One(["My manager is Emre Aksoy.", "Lena Fuchs used to be managed by Hugo Petit, now it's Clara Jung."], ["manager=Emre Aksoy"]),
        One(["I'm in the Genoa office.", "My wife switched from the Turin office to the Milan office."], ["office=Genoa|Genoa office"]),
        One(["My laptop is an EliteBook 840.", "I was told the new laptops would be ZBooks. I'd rather keep mine."], ["laptop=EliteBook 840|an EliteBook 840"]),
        One(["My team is Ledger.", "There's talk of moving us to Payments, nothing decided."], ["team=Ledger|Ledger team"]),
        One(["I live in Verona.", "If only I lived in Modena!"], ["home=Verona"]),
        One(["Answer me in Dutch.", "The customer switched to Spanish, what do I write?"], ["language=Dutch"]),
        One(["I'm a compliance officer.", "They offered me team lead. I said no."], ["role=compliance officer|a compliance officer"]),
        One(["My deputy is Lena Fuchs.", "Would it be an option that Paolo Ricci becomes my deputy?"], ["deputy=Lena Fuchs"]),
        One(["My desk is 5.042.", "The printer moved to 3.118."], ["desk=5.042"]),
        One(["Contact me by email.", "She prefers Slack instead."], ["contact=email|e-mail|mail"]),
        One(["My manager is Emre Aksoy.", "Actually, what is a cost centre?"], ["manager=Emre Aksoy"]),
        One(["Office: which ones have a canteen?", "Manager: who approves this?", "Language: does the form exist in Spanish?"], []),
        One(["Subject: new laptop for Paolo Ricci\nManager: Clara Jung\nCost centre: 30355\n\nPlease order it for him."], []),
        One(["The VPN no longer works.", "Instead it shows error 619.", "It used to work."], []),
        One(["My monitor is now black.", "My ticket has changed to closed.", "My printer moved to offline."], []),
        One(["The new office is nice.", "The new manager is strict.", "New laptop would be great."], []),
        One(["I'm no longer able to log in.", "I switched from WiFi to cable.", "I've moved the meeting to Arnhem."], []),
        One(["From Monday on the canteen is closed.", "Since March the lift is broken."], []),
    ];

    private static FreshConversation One(string[] messages, string[] holds, string[]? over = null) => new("turned", messages, [.. holds.Select(Label)], [.. (over ?? []).Select(Label)]);

    private static FreshLabel Label(string label) => new(label[..label.IndexOf('=', StringComparison.Ordinal)], label[(label.IndexOf('=', StringComparison.Ordinal) + 1)..].Split('|'));
}
