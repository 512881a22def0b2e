namespace Steward.Engines.Memory.Tests.Extraction;

/// <summary>Changes of mind as people tell them, written by somebody who had not read the rules, and kept from whoever changed them. No rule may be mended by what this set shows.</summary>
internal static class SealedConversations
{
    public static IReadOnlyList<FreshConversation> All { get; } =
    [
        // What one is called.
        One(["Please call me Tony.", "Where do I get a parking disc for a supplier?", "The apprentices have rechristened me Nonno and I've come to be fond of it. Nonno it is, even from you."], ["name=Nonno"], ["name=Tony"]),
        One(["I go by Liz.", "A small request. At university I let people shorten it; at fifty I don't care to. Elizabeth, all four syllables, if you please."], ["name=Elizabeth"], ["name=Liz"]),
        One(["You can address me as Captain Holm.", "Hung up the stripes at the weekend, so plain Jesper will do nicely."], ["name=Jesper"], ["name=Captain Holm"]),

        // What one does.
        One(["I'm a receptionist.", "The fax at the front spits blank pages.", "Guess who passed the exam! You're talking to a dental hygienist, first patient at two."], ["role=dental hygienist|a dental hygienist"], ["role=receptionist|a receptionist"]),
        One(["I am a forklift driver.", "As from the 1st they have stuck me in the booth as shift planner. Let the next man be forklift driver."], ["role=shift planner"], ["role=forklift driver|a forklift driver"]),
        One(["My role is interim CFO.", "Who keeps the seal?", "They found a permanent one, so my stint as interim CFO is done and dusted."], [], ["role=interim CFO"]),

        // Whom one works with.
        One(["I'm in the Night Audit team.", "Applied for days, got days! Guest Relations took me in."], ["team=Guest Relations"], ["team=Night Audit|Night Audit team|the Night Audit team"]),
        One(["My team is called Red Squad.", "since the merger we go by Falcon, whoever still says Red Squad pays into the beer jar"], ["team=Falcon"], ["team=Red Squad"]),
        One(["I'm part of the Procurement team.", "Has the tender of the ministry been published?", "It is with a heavy heart that I have left Procurement behind; Legal Affairs welcomed me most kindly."], ["team=Legal Affairs"], ["team=Procurement|Procurement team|the Procurement team"]),

        // Who is above.
        One(["My boss is Kwame Boateng.", "So Kwame Boateng and Annika Berg have traded departments. Which means it's her I grovel to now when I want something signed, she is my boss."], ["manager=Annika Berg"], ["manager=Kwame Boateng"]),
        One(["My manager is Professor Lindgren.", "When's the next safety briefing for the wet lab?", "Professor Lindgren was made emeritus. Dr Okafor picked up everybody he used to manage, me among them."], ["manager=Dr Okafor|Okafor"], ["manager=Professor Lindgren|Lindgren"]),
        One(["I report to Camille Dubois.", "update for your notes pls: they've hung me under Tomas Novak in the org chart, Camille Dubois keeps the other half"], ["manager=Tomas Novak"], ["manager=Camille Dubois"]),

        // Who stands in.
        One(["My deputy is Heidi Frei.", "Heidi Frei was given her own department to look after, so whoever needs something while I'm out should knock at Umberto Sala's door, he is minding my shop."], ["deputy=Umberto Sala"], ["deputy=Heidi Frei"]),
        One(["Wei Zhang is my deputy.", "Two chairs in the waiting room are wobbly.", "We fell out over the audit and I've relieved Wei Zhang of deputising for me. The post is vacant."], [], ["deputy=Wei Zhang"]),
        One(["Samira Haddad is my deputy.", "for the record samira haddad passed the baton to Piet Jonker, my stand-in from today"], ["deputy=Piet Jonker"], ["deputy=Samira Haddad"]),

        // Where one works.
        One(["I work at the Dundee site.", "Fire damage put Dundee out of action for good. They found me a spot at the plant in Perth and I've settled in there."], ["office=Perth|plant in Perth|the plant in Perth"], ["office=Dundee|Dundee site|the Dundee site"]),
        One(["My office is in Monterrey.", "What's the dress code on casual Friday?", "The company flew our entire department up to Dallas. The badge works, the view is dreadful, and that's where I work."], ["office=Dallas"], ["office=Monterrey"]),
        One(["I'm in the Ghent office.", "Got tired of the commute and asked for something nearer. Request granted! The Kortrijk office has had a chair with my name on it since last week, and I'm sitting on it."], ["office=Kortrijk|Kortrijk office|the Kortrijk office"], ["office=Ghent|Ghent office|the Ghent office"]),

        // Where one lives.
        One(["I live in Halifax.", "After the divorce she kept the place in Halifax. I rent a room in Truro, not so bad."], ["home=Truro"], ["home=Halifax"]),
        One(["I live in Tampere.", "The landlord wanted it for his son, so out we went. The keys on my ring open a front door in Lahti."], ["home=Lahti"], ["home=Tampere"]),
        One(["My home is in Arequipa.", "Is the scale in the packing hall calibrated?", "I have taken over my grandmother's house in Cusco, her roosters get me out of bed each morning. None of us is left in Arequipa."], ["home=Cusco"], ["home=Arequipa"]),

        // Where one sits.
        One(["I sit at desk W-08.", "Please redirect the courier. W-08 went to the new girl, mine has W-31 on the label."], ["desk=W-31"], ["desk=W-08|desk W-08"]),
        One(["My desk is 2.207.", "Knee in plaster, so no stairs: they set me up on the ground floor at 0.114 and there I remain."], ["desk=0.114"], ["desk=2.207"]),
        One(["My desk is number 19.", "Could somebody water the ficus?", "I let the intern have number 19, being on the road all week I've got no use for one."], [], ["desk=number 19|19"]),

        // What one types on.
        One(["My laptop is a Lenovo Yoga.", "The Lenovo Yoga gave its last beep this morning. Purchasing dug up an Acer Swift for me, which I'll be buried with."], ["laptop=Acer Swift|an Acer Swift"], ["laptop=Lenovo Yoga|a Lenovo Yoga"]),
        One(["My laptop is a Toughbook 55.", "Giving up the van for indoor work has its perks: surrendered the Toughbook 55, received an LG Gram."], ["laptop=LG Gram|an LG Gram"], ["laptop=Toughbook 55|a Toughbook 55"]),
        One(["my laptop is a Chromebook", "whats the wifi for guests", "school years over, they collected every chromebook yesterday incl. mine. nothing till september"], [], ["laptop=Chromebook|a Chromebook"]),

        // Where one rings.
        One(["My number is 020 7946 0018.", "I've binned the landline, 020 7946 0018 is dead air. My number for everything is the mobile, 07700 900461."], ["phone=07700 900461"], ["phone=020 7946 0018"]),
        One(["My mobile number is +39 320 5550147.", "The vending machine ate my coin.", "The firm cuts costs, so +39 320 5550147 had to be given back. I am without phone for the moment."], [], ["phone=+39 320 5550147"]),
        One(["My extension is 203.", "They flipped the switchboard last night and I came out as 318."], ["phone=318"], ["phone=203"]),

        // What it runs.
        One(["My computer runs Windows 11.", "I talked the admins into it! Wiped the lot, and Linux Mint boots in eight seconds on my machine."], ["system=Linux Mint"], ["system=Windows 11"]),
        One(["I'm on macOS Ventura.", "took the plunge over the weekend, Sonoma's on here and nothing broke yet"], ["system=Sonoma"], ["system=macOS Ventura|Ventura"]),
        One(["My operating system is Red Hat.", "How long are the backups of the ward server kept?", "Subscription budget was axed. They rebuilt my workstation with Rocky Linux while I was having soup."], ["system=Rocky Linux"], ["system=Red Hat"]),

        // What one uses.
        One(["I use Photoshop for my pictures.", "I cancelled Photoshop in a fit of rage, and Affinity Photo does everything I ever needed it for."], ["software=Affinity Photo"], ["software=Photoshop"]),
        One(["I use Evernote for my notes.", "Printed out eight years of notes and pressed delete account. Evernote: over and out."], [], ["software=Evernote"]),
        One(["I use Sage for the bookkeeping.", "The stapler of room 12 has been stolen.", "ever since our accountant retired i do the books in Xero, havent opened sage in months"], ["software=Xero"], ["software=Sage"]),

        // What one works on.
        One(["I'm working on project Bluebird.", "Somebody with more patience must see Bluebird through, I asked to be taken off and they agreed."], [], ["project=Bluebird|project Bluebird"]),
        One(["My project is Atlas.", "Is there a template for the closing report?", "Atlas ran out of money in the night. By breakfast Mercury had my name on its board."], ["project=Mercury"], ["project=Atlas"]),
        One(["I work on project Juniper and on project Willow.", "Juniper's mothballed. Leaves me with Willow."], ["project=Willow|project Willow"], ["project=Juniper|project Juniper"]),

        // When one works.
        One(["I work from 6 am to 2 pm.", "The early deliveries have been cut, which means I finally sleep in: 9 am to 5 pm, can you believe it."], ["hours=9 am to 5 pm"], ["hours=6 am to 2 pm|from 6 am to 2 pm"]),
        One(["My working hours are 10:00 to 18:30.", "Which door code for the bike cellar?", "The traffic over the bridge being what it is, I've shoved my whole day forward: 07:15 to 15:45."], ["hours=07:15 to 15:45"], ["hours=10:00 to 18:30"]),
        One(["My hours are 13:00 to 21:00.", "The evening desk got outsourced and my 13:00 to 21:00 with it. A shift plan is to follow, they say."], [], ["hours=13:00 to 21:00"]),

        // When one is away.
        One(["I don't work on Tuesdays.", "Mum's in a care home now, which frees up my Tuesdays, so I come in on those as well."], [], ["absent=Tuesdays|Tuesday|on Tuesdays"]),
        One(["I'm on leave from 12 to 16 May.", "Please print the menu in large letters.", "The wedding got postponed (don't ask), and my leave with it: 9 to 13 June."], ["absent=9 to 13 June"], ["absent=12 to 16 May|from 12 to 16 May"]),
        One(["I'm on vacation from 1 to 20 December.", "boss begged, I caved. 1 to 20 December I'm working, no vacation this year"], [], ["absent=1 to 20 December|from 1 to 20 December"]),

        // What the clock says.
        One(["My time zone is IST.", "They have put me on the London roster, and GMT is what my days are run by."], ["time zone=GMT"], ["time zone=IST"]),
        One(["My time zone is Pacific.", "crossed a line on the map for the job. every clock i own is on Mountain"], ["time zone=Mountain"], ["time zone=Pacific"]),
        One(["My time zone is UTC+1.", "How are dates written on the customs form?", "Kindly reckon with UTC+3 as regards my person, the posting to the Gulf having commenced."], ["time zone=UTC+3"], ["time zone=UTC+1"]),

        // Who pays.
        One(["My cost centre is 91002.", "Ever since they split the hospital in two I've been billing to 91450, which is what you should put for me."], ["cost centre=91450"], ["cost centre=91002"]),
        One(["My cost centre is K77.", "The auditor had a fit about K77. K81 for all my stuff, she says, and she's right."], ["cost centre=K81"], ["cost centre=K77"]),
        One(["cost centre for me is 2040", "can i get receipts as pdf", "fat fingers on my side last week!! not 2040 but 2404"], ["cost centre=2404"], ["cost centre=2040"]),

        // In which language.
        One(["Please write to me in German.", "My in-laws tease me terribly. Write to me in Portuguese from here on, it has to sink in somehow."], ["language=Portuguese"], ["language=German"]),
        One(["I want answers in English.", "What is a lashing certificate?", "Honest confession: I understand maybe half. Let us do Ukrainian, I dream in it."], ["language=Ukrainian"], ["language=English"]),
        One(["Reply to me in Spanish.", "you can drop the spanish, maria isnt reading along these days"], [], ["language=Spanish"]),

        // By which way.
        One(["Contact me via Teams.", "Threw Teams off my phone for the sake of my sanity. A text message gets me wherever I am."], ["contact=text message|A text message|text"], ["contact=Teams"]),
        One(["I prefer to be contacted by email.", "Are life jackets size L in stock?", "Out on the boats nobody has an inbox open. A phone call, that's what works with me."], ["contact=phone call|A phone call|phone"], ["contact=email|by email"]),
        One(["Reach me by phone please.", "They put me in a cubicle with two sales people and I can't hear a thing. Chat is the way to get hold of me."], ["contact=Chat"], ["contact=phone|by phone"]),

        // In which manner.
        One(["I like long answers.", "i read these on a smartwatch now lol. one line max"], ["style=one line|one line max"], ["style=long|long answers"]),
        One(["Give me simple answers.", "How does a heat pump work?", "I've done the course by now, you needn't keep it simple for me. Make it technical."], ["style=technical"], ["style=simple|simple answers"]),
        One(["Please give me formal answers.", "We've been at this for a year, you and I. Let us loosen the tie: casual suits me better."], ["style=casual"], ["style=formal|formal answers"]),

        // What one likes.
        One(["I like black coffee.", "My stomach staged a revolt. The romance with black coffee has ended; peppermint tea is my new love."], ["likes=peppermint tea"], ["likes=black coffee"]),
        One(["I love cricket.", "When is the stocktaking?", "I followed every ball for thirty years. Then came that match-fixing business, and today cricket means nothing to me."], [], ["likes=cricket"]),
        One(["I like crossword puzzles.", "Crossword puzzles? Nah. That was a phase."], [], ["likes=crossword puzzles"]),

        // What one doesn't.
        One(["I dislike video calls.", "Ever since my daughter emigrated I've made my peace with video calls."], [], ["dislikes=video calls"]),
        One(["I hate cilantro.", "Which supplier does the herbs?", "I owe cilantro an apology. I love it, put it on everything."], ["likes=cilantro"], ["dislikes=cilantro"]),
        One(["I hate night trains.", "Took the sleeper to Vienna, slept like a baby. So night trains are off my blacklist."], [], ["dislikes=night trains"]),

        // What one eats.
        One(["I'm pescatarian.", "Read a book about trawlers on the train and put down my fork. Fish has gone the way of meat with me: vegetarian, full stop."], ["diet=vegetarian"], ["diet=pescatarian"]),
        One(["I eat gluten-free.", "where do caterers park", "biopsy came back clean, i may have all the bread i want, so forget the gluten-free"], [], ["diet=gluten-free"]),
        One(["I'm on a low-carb diet.", "The new doctor shook her head at low-carb and prescribed me a Mediterranean diet, which I keep to."], ["diet=Mediterranean|Mediterranean diet|a Mediterranean diet"], ["diet=low-carb|low-carb diet|a low-carb diet"]),

        // What one can't take.
        One(["I'm allergic to hazelnuts.", "The lab had mixed up the tubes. Hazelnuts do me no harm; what I'm allergic to is sesame."], ["allergy=sesame"], ["allergy=hazelnuts"]),
        One(["I have a latex allergy.", "Is there a glove dispenser at gate 2?", "Re-test at occupational health: no reaction whatsoever to latex. They struck it from my file."], [], ["allergy=latex"]),
        One(["I am allergic to strawberries.", "Seems I've outgrown the thing with strawberries, had a bowlful at Wimbledon and lived to tell the tale."], [], ["allergy=strawberries"]),

        // What one won't have.
        One(["Never book meetings over lunch.", "Lunch is fair game, I eat at my keyboard anyway, so do book meetings over it."], [], ["never=book meetings over lunch|meetings over lunch"]),
        One(["Never use my surname.", "Has the notary answered?", "I got over my hang-up about the surname, feel free to use it."], [], ["never=use my surname|my surname|surname"]),
        One(["Never text me at weekends.", "On call as of this month, so weekends are included: text away."], [], ["never=text me at weekends"]),

        // More than one thing.
        One(["I'm Noor, I work in the Leiden office and my deputy is Bram Smit.", "Bram Smit emigrated to Canada last week, lucky devil. Ilse Kramer is the one who deputises for me."], ["name=Noor", "office=Leiden|Leiden office|the Leiden office", "deputy=Ilse Kramer"], ["deputy=Bram Smit"]),
        One(["I work in the Malmö office.", "They have transferred me to the Lund office.", "The pallet wrapper makes a burning smell.", "Lund lasted a month. Malmö has me back."], ["office=Malmö|Malmö office|the Malmö office"], ["office=Lund|Lund office|the Lund office"]),

        // Spoken of, and all as it was.
        One(["My manager is Stefan Ionescu.", "Wow, Stefan Ionescu just resigned from the committee of the football club, after twenty years!"], ["manager=Stefan Ionescu"]),
        One(["My manager is Priya Raman.", "If Priya Raman ever quits I'll quit as well, the two of us said over cake."], ["manager=Priya Raman"]),
        One(["I work in the Cardiff office.", "They're tearing down the old station in Cardiff, and the new one will be all glass."], ["office=Cardiff|Cardiff office|the Cardiff office"]),
        One(["I live in Salzburg.", "My cousin asked whether I'd swap Salzburg for Innsbruck. Ha! He can dream on."], ["home=Salzburg"]),
        One(["My desk is D-44.", "The plant that used to stand at D-44 was moved over to D-60, it needed light."], ["desk=D-44"]),
        One(["My laptop is a Precision 5570.", "The intern got a MacBook Pro instead of a Precision 5570, why is that?"], ["laptop=Precision 5570|a Precision 5570"]),
        One(["My phone number is 0664 5550101.", "is it true that numbers with 0664 at the front will be abolished and replaced?"], ["phone=0664 5550101"]),
        One(["I use Windows 11.", "On my son's computer we threw out Windows 11 and installed Zorin."], ["system=Windows 11"]),
        One(["I use Blender for my models.", "The blender in the tea kitchen is broken, somebody has thrown it out and put a toaster there."], ["software=Blender"]),
        One(["I'm working on project Orion.", "First phase of Orion is finished, on to the second one!"], ["project=Orion|project Orion"]),
        One(["My hours are 9 to 5.", "My wife went from 9 to 5 to 12 to 8, we hardly see each other."], ["hours=9 to 5"]),
        One(["I'm on leave from 20 to 24 July.", "The workshop of 20 July has been cancelled by the trainer, they'll give the others a new date."], ["absent=20 to 24 July|from 20 to 24 July"]),
        One(["My time zone is CET.", "Boss goes: \"What if we all just moved to UTC?\" He was laughing, though."], ["time zone=CET"]),
        One(["My cost centre is 60418.", "Could it be that 60418 gets closed at year end? Someone in the lift was wondering."], ["cost centre=60418"]),
        One(["Answer me in Dutch please.", "How does one say \"no longer valid\" in French?"], ["language=Dutch"]),
        One(["I prefer to be contacted by email.", "Deleted an email by accident, it's gone from the inbox, where do those go?"], ["contact=email|by email"]),
        One(["I like short answers.", "The report to the board isn't short any more, it has grown to forty pages."], ["style=short|short answers"]),
        One(["I like pistachio ice cream.", "They've run out of pistachio ice cream downstairs, there is vanilla instead."], ["likes=pistachio ice cream"]),
        One(["I hate Mondays.", "Well, this week's Monday is over."], ["dislikes=Mondays"]),
        One(["I'm vegan.", "A colleague told me: \"I stopped being vegan after a week.\" I just shrugged."], ["diet=vegan"]),
        One(["I'm allergic to shellfish.", "We've taken the shellfish off the menu for the gala, there'll be veal."], ["allergy=shellfish"]),
        One(["Never call me by phone.", "My phone's screen has been replaced, looks like new."], ["never=call me by phone|by phone|phone"]),
        One(["My deputy is Elif Demir.", "Elif Demir dropped out of the marathon at kilometre 30, poor thing."], ["deputy=Elif Demir"]),
        One(["I'm in the Logistics team.", "Jakub has left Logistics for Marketing. We gave him a mug."], ["team=Logistics|Logistics team|the Logistics team"]),
        One(["I'm a midwife.", "In another life I'd have stopped being a midwife and opened a bookshop."], ["role=midwife|a midwife"]),
        One(["Please call me Dee.", "The old system has two customers by the name of D. Whitlock, can one of them be deleted?"], ["name=Dee"]),
        One(["I use Miro for workshops.", "We might replace Miro by something cheaper, the vote is on Thursday."], ["software=Miro"]),

        // Nothing of whoever writes.
        One(["Ticket 8841 can be closed, the projector works again."], []),
        One(["The notary across the road has moved out.", "There's a bakery in there now."], []),
        One(["Who was the manager of Liverpool before Klopp?", "And who took the job after him?"], []),
        One(["Jordan's team got a new lead, she was in Warsaw before.", "Jordan is thrilled."], []),
        One(["Please translate: \"We have changed our address. Our old office in Bern is closed.\""], []),
        One(["The bus timetable changed again, the 7:40 doesn't run any more.", "People are furious."], []),
    ];

    private static FreshConversation One(string[] messages, string[] holds, string[]? over = null) => new("sealed", messages, [.. holds.Select(Label)], [.. (over ?? []).Select(Label)]);

    private static FreshLabel Label(string label) => new(label[..label.IndexOf('=', StringComparison.Ordinal)], label[(label.IndexOf('=', StringComparison.Ordinal) + 1)..].Split('|'));
}
