namespace Steward.Engines.Memory.Tests.Extraction;

/// <summary>Changes of mind as people tell them (set A), written by somebody who had not read the rules; committed before the rules were changed for it.</summary>
internal static class StrangersConversations
{
    public static IReadOnlyList<FreshConversation> All { get; } =
    [
        // Names.
        One(["Hi, please call me Kasia.", "The freight papers for the Gdansk container still lack two stamps.", "Funny thing, I've grown out of Kasia. Katarzyna on everything from here on, if you'd be so kind."], ["name=Katarzyna"], ["name=Kasia"]),
        One(["Everyone calls me Mac, so you can too.", "There's already a Mac on the night shift and we keep getting each other's messages. Let's settle on Fergus for me."], ["name=Fergus"], ["name=Mac"]),
        One(["Please address me as Mrs Oyelaran.", "What's the deadline for the expenses run?", "The divorce came through. As of this week it's Ms Adebayo again."], ["name=Ms Adebayo|Adebayo"], ["name=Mrs Oyelaran|Oyelaran"]),

        // Roles.
        One(["I'm a pastry chef.", "What temperature should a walk-in fridge be at?", "Big week for me: they trusted me with the whole kitchen, so it says head chef on my jacket as of today."], ["role=head chef"], ["role=pastry chef|a pastry chef"]),
        One(["I work here as a paralegal.", "Sworn in yesterday!! Mum cried. Solicitor at last."], ["role=Solicitor"], ["role=paralegal|a paralegal"]),
        One(["My job is crane operator.", "the doctor wont sign me off for heights any more so my crane operator days are behind me, they havent figured out yet what to do with me"], [], ["role=crane operator"]),

        // Teams.
        One(["I'm on the Claims team.", "The reorg landed on us this morning. Claims got carved up and I ended up with Subrogation."], ["team=Subrogation"], ["team=Claims|Claims team|the Claims team"]),
        One(["My team is Platform Reliability.", "Do you know where the incident template lives?", "Said my goodbyes to the Platform Reliability folks on Friday, cake and all. Data Governance has me from today."], ["team=Data Governance"], ["team=Platform Reliability"]),
        One(["I belong to the Wound Care team.", "The trolley on corridor B squeaks like mad.", "They've dissolved us. There is no Wound Care to belong to, and nobody has told me where I go next."], [], ["team=Wound Care|Wound Care team|the Wound Care team"]),

        // Managers.
        One(["My manager is Ingrid Solheim.", "Ingrid Solheim is off having twins until next year; Pieter de Wit is running things meanwhile and I answer to him."], ["manager=Pieter de Wit"], ["manager=Ingrid Solheim"]),
        One(["I report to Baraka Mwangi.", "Baraka Mwangi got poached by a competitor. Leticia Ramos has inherited me."], ["manager=Leticia Ramos"], ["manager=Baraka Mwangi"]),
        One(["Sunil Perera is my line manager.", "How do I claim mileage?", "Sunil Perera handed in his badge on Thursday, so right now there's nobody above me."], [], ["manager=Sunil Perera"]),

        // Deputies.
        One(["When I'm away, Olga Petrenko is my deputy.", "Olga Petrenko asked to be let off, with the newborn and all. Jamal Reyes kindly agreed to fill in for me whenever I'm out."], ["deputy=Jamal Reyes"], ["deputy=Olga Petrenko"]),
        One(["My deputy is Yusuf Kaya.", "Is the archive open at lunchtime?", "Yusuf Kaya won't be covering for me any longer, he has enough on his plate. I'll let you know once there is somebody."], [], ["deputy=Yusuf Kaya"]),
        One(["Please note that Margit Toth is my deputy.", "Regarding cover for me: strike out Margit Toth, put down Nils Brandt."], ["deputy=Nils Brandt"], ["deputy=Margit Toth"]),

        // Offices.
        One(["I work in the Leeds office.", "Lease ran out, they shut the place, and we've all been herded over to Bradford."], ["office=Bradford"], ["office=Leeds|Leeds office|the Leeds office"]),
        One(["I'm based at the Rotterdam site.", "Is the tug for quay 4 booked?", "Quick heads-up, since Monday you'll find me in Antwerp. Rotterdam and I parted on good terms."], ["office=Antwerp"], ["office=Rotterdam|Rotterdam site|the Rotterdam site"]),
        One(["My office is in Penang.", "Gave back my Penang access card last night lah. This morning walked into the Kuala Lumpur building, my workplace from today onwards."], ["office=Kuala Lumpur|Kuala Lumpur building|the Kuala Lumpur building"], ["office=Penang"]),

        // Homes.
        One(["I live in Brighton.", "Can somebody restart the badge reader?", "The removal van has just driven off and we're sitting on boxes in Hastings, first night in the new house!"], ["home=Hastings"], ["home=Brighton"]),
        One(["My home is in Nairobi.", "After eleven years we let go of the flat in Nairobi. Sleeping under my own roof in Kisumu since the weekend."], ["home=Kisumu"], ["home=Nairobi"]),
        One(["i live in Gothenburg", "sold the house in Gothenburg and signed the papers yesterday. hotels for now until something turns up"], [], ["home=Gothenburg"]),

        // Desks.
        One(["My desk is B-214.", "Facilities reshuffled everyone overnight and my stuff turned up at C-019, so that is where I sit."], ["desk=C-019"], ["desk=B-214"]),
        One(["I sit at desk 47.", "the aircon above me dripped one time too many. grabbed 52 by the window and im staying put"], ["desk=52"], ["desk=47|desk 47"]),
        One(["My desk number is 6.031.", "Did the fire drill count as a break?", "Hot-desking for all of us as of this week, so 6.031 belongs to whoever gets there first."], [], ["desk=6.031"]),

        // Laptops.
        One(["My laptop is a ThinkPad T14.", "RIP the ThinkPad T14, a whole flat white went into it. The loaner became permanent, so it's a Dell XPS 13 that I carry around."], ["laptop=Dell XPS 13|a Dell XPS 13"], ["laptop=ThinkPad T14|a ThinkPad T14"]),
        One(["I use a Surface Pro 7 as my laptop.", "The beamer in room Oak is out of focus.", "lease on the Surface Pro 7 was up so back in the box it went on tuesday. typing this on its replacement, a Zenbook 14, feels odd"], ["laptop=Zenbook 14|a Zenbook 14"], ["laptop=Surface Pro 7|a Surface Pro 7"]),
        One(["My laptop is an HP ProBook 450.", "Somebody smashed the window of my car and made off with the HP ProBook 450. Police report is filed, what else must I do?"], [], ["laptop=HP ProBook 450|an HP ProBook 450"]),

        // Phones.
        One(["My phone number is +44 7700 900142.", "Lost the SIM in the harbour, no joke. From this evening +44 7700 900877 is the one that rings in my pocket."], ["phone=+44 7700 900877"], ["phone=+44 7700 900142"]),
        One(["My mobile number is 0170 5550123.", "Dear colleague, the provider was unable to port 0170 5550123; consequently I was allotted 0170 5550999."], ["phone=0170 5550999"], ["phone=0170 5550123"]),
        One(["My extension is 4417.", "Who orders toner these days?", "Dial 4417 and you'll get the porter now. The set on my table answers to 4460."], ["phone=4460"], ["phone=4417"]),

        // Systems.
        One(["I run Ubuntu on my work machine.", "had enough of the driver trouble, wiped the disk last night and put Fedora on it"], ["system=Fedora"], ["system=Ubuntu"]),
        One(["My operating system is Windows 10.", "The upgrade wizard finally caught me over lunch. Came back to a Windows 11 start menu."], ["system=Windows 11"], ["system=Windows 10"]),
        One(["I work on macOS.", "Does the scanner do double-sided?", "Security insists on Windows for everybody touching patient data, which includes me since today, so that was it with macOS."], ["system=Windows"], ["system=macOS"]),

        // Software.
        One(["I use Trello to plan my week.", "Trello and me, that's a closed chapter. You'll find all of my boards in Asana."], ["software=Asana"], ["software=Trello"]),
        One(["I use AutoCAD for the drawings.", "The plotter chews up A1 again.", "Our practice let the AutoCAD licences lapse last month, everything I draw I draw in BricsCAD."], ["software=BricsCAD"], ["software=AutoCAD"]),
        One(["I use SPSS for my statistics.", "I have finally unlearned SPSS. It took me a winter of evenings but each and every analysis of mine runs in Stata."], ["software=Stata"], ["software=SPSS"]),

        // Projects.
        One(["I'm working on project Kestrel.", "The espresso machine is leaking.", "Kestrel shipped on Friday!! The champagne is finished and so is my part in it."], [], ["project=Kestrel|project Kestrel"]),
        One(["My project is Harbour Tunnel.", "The minister pulled the plug on Harbour Tunnel, and Ring Road South is what fills my days since."], ["project=Ring Road South"], ["project=Harbour Tunnel"]),
        One(["I am assigned to project Saffron.", "They lent me out. Saffron has to manage without me, Cardamom gets all of my time."], ["project=Cardamom"], ["project=Saffron|project Saffron"]),

        // Hours.
        One(["My working hours are 8 to 4.", "The little one started nursery, so it's 10 to 6 for me these days."], ["hours=10 to 6"], ["hours=8 to 4"]),
        One(["I work 22:00 to 06:00.", "Why is the gate at hall 3 locked?", "Doctor got me off nights, thank heavens. They roster me 07:00 to 15:00 like a normal person."], ["hours=07:00 to 15:00"], ["hours=22:00 to 06:00"]),
        One(["I work from 9 to 5.", "Cut down to mornings after the operation, 8:30 to 12:30, doctor's orders."], ["hours=8:30 to 12:30"], ["hours=9 to 5|from 9 to 5"]),

        // Days off.
        One(["I'm off on Wednesdays.", "I went back up to five days when the kids started school. Wednesdays I'm at work like everybody else."], [], ["absent=Wednesdays|Wednesday|on Wednesdays"]),
        One(["I'm on holiday from 3 to 14 August.", "Can you order safety shoes in 36?", "The airline went bust and our trip with it. You'll see me at my bench those two weeks after all."], [], ["absent=3 to 14 August|from 3 to 14 August"]),
        One(["I have Mondays off.", "Did a trade with Aoife: she gets the Mondays, I have Thursdays."], ["absent=Thursdays|Thursday"], ["absent=Mondays|Monday"]),

        // Time zones.
        One(["My time zone is PST.", "They transferred me across the country, so think EST whenever you schedule me."], ["time zone=EST"], ["time zone=PST"]),
        One(["I'm on Central European Time.", "How long do quotes stay valid?", "My clock's been set to Gulf Standard Time since the secondment began; please plan around that."], ["time zone=Gulf Standard Time"], ["time zone=Central European Time"]),
        One(["My time zone is AEST.", "rota moved me out west. AWST on my wall, AWST in my calendar"], ["time zone=AWST"], ["time zone=AEST"]),

        // Cost centres.
        One(["My cost centre is 48120.", "Finance merged a bunch of codes at year end: 48120 was swallowed by 48300, so book me there."], ["cost centre=48300"], ["cost centre=48120"]),
        One(["My cost centre is 7715.", "The taxi receipt is illegible, will a photo do?", "anything on 7715 bounces since the audit, controlling gave me 7802 to use"], ["cost centre=7802"], ["cost centre=7715"]),
        One(["My cost center is CC-309.", "CC-309 got frozen and I'm still waiting to hear what comes after it. Don't charge anything there for me."], [], ["cost centre=CC-309"]),

        // Languages.
        One(["Please answer me in French.", "My French course has finished and, frankly, so has my patience. English will do."], ["language=English"], ["language=French"]),
        One(["I'd like your answers in Polish.", "Which form is it for damaged pallets?", "A colleague from Cork looks over my shoulder most days, so let's have it in English instead."], ["language=English"], ["language=Polish"]),
        One(["Answer me in Italian please.", "To get through my exam in June I need the practice, so Spanish from you, even when I complain."], ["language=Spanish"], ["language=Italian"]),

        // Channels.
        One(["I prefer to be contacted by phone.", "Since the ear surgery calls are torture. Drop me a mail and I'll see it."], ["contact=mail|a mail|email"], ["contact=phone|by phone"]),
        One(["Best way to reach me is Slack.", "muted Slack for good, my head is so much quieter. Signal is what gets through to me"], ["contact=Signal"], ["contact=Slack"]),
        One(["Please contact me by email.", "The lift is stuck on 4.", "7,000 unread. I've declared mailbox bankruptcy, Teams is where I'll notice you."], ["contact=Teams"], ["contact=email|by email"]),

        // Styles.
        One(["Keep your answers short, please.", "What does code E-07 on the boiler mean?", "Hmm, I get lost with the clipped stuff. I'd much rather you took things step by step, always."], ["style=step by step"], ["style=short"]),
        One(["I want detailed answers.", "ok you've beaten me, way too much reading. two sentences tops from today"], ["style=two sentences|two sentences tops"], ["style=detailed|detailed answers"]),
        One(["I prefer bullet points in your answers.", "These bullet points have started to look like shopping lists. Give me full paragraphs instead of that."], ["style=paragraphs|full paragraphs"], ["style=bullet points"]),

        // Likes.
        One(["I love liquorice.", "Three fillings later, liquorice and I have broken up."], [], ["likes=liquorice"]),
        One(["I like hiking.", "Where do I find the car pool keys?", "On that last trip I lost all taste for hiking. Rowing on the other hand, I adore."], ["likes=Rowing"], ["likes=hiking"]),
        One(["I really like country music.", "You know what, two years of my flatmate blasting it have cured me of country music."], [], ["likes=country music"]),

        // Dislikes.
        One(["I can't stand olives.", "Spent a fortnight in Crete and ate olives by the bucket. Call me a convert, I adore them."], ["likes=olives"], ["dislikes=olives"]),
        One(["I hate open-plan offices.", "Is there a form for lost keys?", "Well, what shall I say, open-plan offices grew on me. I have no quarrel with them."], [], ["dislikes=open-plan offices"]),
        One(["I don't like stand-up meetings.", "Credit where it's due: under our new scrum master the stand-up meetings stopped bothering me."], [], ["dislikes=stand-up meetings"]),

        // Diets.
        One(["I'm vegan.", "My iron levels made the decision for me: there's cheese and eggs on my plate again, vegetarian is as far as I go."], ["diet=vegetarian"], ["diet=vegan"]),
        One(["I'm vegetarian.", "The skip in the yard is overflowing.", "One bacon roll at the site canteen and fifteen years of principle went out of the window. I eat anything, sorry."], [], ["diet=vegetarian"]),
        One(["I follow a keto diet.", "keto lasted until my birthday. gave it up, bread is back in my life"], [], ["diet=keto|keto diet|a keto diet"]),

        // Allergies.
        One(["I'm allergic to penicillin.", "An allergist tested me properly at last and penicillin turned out to be perfectly fine, that childhood rash was something else."], [], ["allergy=penicillin"]),
        One(["I have an allergy to peanuts.", "Finished the desensitisation programme! Ate a whole handful of peanuts in front of the nurse, nothing happened, discharged as cured."], [], ["allergy=peanuts"]),
        One(["I am allergic to cats.", "Please send the price list.", "Strange but happy news, whatever I had with cats has worn off by itself. My doctor confirmed it."], [], ["allergy=cats"]),

        // Nevers.
        One(["Never call me before nine.", "With twins I'm up at five anyway, so you may ring me before nine as much as you please."], [], ["never=call me before nine|call before nine|before nine"]),
        One(["Never call me by phone.", "Has the courier been?", "I take back what I told you about the phone, a call is quite all right by me."], [], ["never=call me by phone|call by phone|by phone|phone"]),
        One(["Never send me voice messages.", "Got myself a headset and a long tram ride, so bring on the voice messages."], [], ["never=send me voice messages|send voice messages|voice messages"]),

        // Of several facts, one.
        One(["I'm Dmitri, my desk is A12 and my manager is Chiara Fontana.", "Chiara Fontana went upstairs to the board. In her chair, and over me, there's Lukas Hahn."], ["name=Dmitri", "desk=A12", "manager=Lukas Hahn"], ["manager=Chiara Fontana"]),
        One(["My laptop is a MacBook Air and I work in the Porto office.", "The MacBook Air went under a tram wheel, I kid you not. A Framework 13 arrived by courier and is mine to keep."], ["office=Porto|Porto office|the Porto office", "laptop=Framework 13|A Framework 13"], ["laptop=MacBook Air|a MacBook Air"]),

        // Mentioned, and nothing changed.
        One(["My manager is Rosalind Achebe.", "Rosalind Achebe has gone for the day, can you hold the invoice until tomorrow?"], ["manager=Rosalind Achebe"]),
        One(["I work in the Oslo office.", "The Oslo lot lost the quiz last night, the new champions are the Bergen people."], ["office=Oslo|Oslo office|the Oslo office"]),
        One(["My laptop is a Latitude 7440.", "the charger of my Latitude 7440 died, can i get a new one?"], ["laptop=Latitude 7440|a Latitude 7440"]),
        One(["I live in Graz.", "My sister has moved out of Graz to Linz and won't stop going on about it."], ["home=Graz"]),
        One(["My desk is 3-118.", "Someone took the chair from 3-118 again. It's now at the other end of the floor."], ["desk=3-118"]),
        One(["My phone number is 555-0134.", "Ben has got a new number by the way: 555-0178."], ["phone=555-0134"]),
        One(["I run Debian.", "Would I lose my data if I went from Debian to Arch?"], ["system=Debian"]),
        One(["I use Figma.", "If Figma gets any more expensive I'll be off to Penpot, mark my words."], ["software=Figma"]),
        One(["I'm working on project Lantern.", "The old logo of Lantern has been scrapped, the new one is with the printers."], ["project=Lantern|project Lantern"]),
        One(["My hours are 7 to 3.", "The canteen doesn't open 7 to 3 any longer, it's 8 to 2 down there since Monday."], ["hours=7 to 3"]),
        One(["I'm off on Fridays.", "Had to send the plumber away, he could do Friday and nothing else and wanted an arm and a leg."], ["absent=Fridays|Friday|on Fridays"]),
        One(["My time zone is JST.", "Which countries have abolished summer time? The Lima colleagues changed something and everybody is confused."], ["time zone=JST"]),
        One(["My cost centre is 5150.", "Marek's charges were moved off 5150 to 5175. His, not mine, mine are fine."], ["cost centre=5150"]),
        One(["Please answer in Portuguese.", "A customer writes: \"Stop sending me Portuguese, I want English.\" How do I calm him down?"], ["language=Portuguese"]),
        One(["Contact me on WhatsApp.", "My mother has just found out that one can leave a WhatsApp group. The family is in uproar."], ["contact=WhatsApp"]),
        One(["I want short answers.", "The warranty on the mixer is too short, they've changed it from three years to one."], ["style=short|short answers"]),
        One(["I love sushi.", "The sushi place on the corner has closed, it's a nail bar now."], ["likes=sushi"]),
        One(["I hate fog.", "The fog is gone at last, planes are landing again."], ["dislikes=fog"]),
        One(["I'm vegetarian.", "Hamid, who was vegetarian too, had a kebab on the way to the station. He's out of the club now."], ["diet=vegetarian"]),
        One(["I'm allergic to bee stings.", "They've removed the bee nest from the loading dock, it hangs by the fence now."], ["allergy=bee stings"]),
        One(["Never phone me at home.", "Do we still have the contract with the phone company, or has that ended?"], ["never=phone me at home|phone at home"]),
        One(["My deputy is Farah Nouri.", "We've been toying with the idea of making Colin my deputy next year instead of Farah Nouri. Nothing is settled."], ["deputy=Farah Nouri"]),
        One(["I'm in the Tax team.", "There's a rumour that Tax will be folded into Treasury. I'll believe it when I see it."], ["team=Tax|Tax team|the Tax team"]),
        One(["I'm a welder.", "The foreman joked I should chuck it in and become a ballet dancer, with my back!"], ["role=welder|a welder"]),
        One(["Please call me Beto.", "At my nephew's kindergarten there were two called Beto, so they've made one of them Max."], ["name=Beto"]),
        One(["My manager is Gareth Pugh.", "In the novel I'm reading, the hero's manager gets the sack and a robot takes over. Gareth Pugh recommended it."], ["manager=Gareth Pugh"]),
        One(["My office is in Lyon.", "What would I have to do if I wanted to move from Lyon to Nantes?"], ["office=Lyon"]),

        // Nothing of the author.
        One(["The dishwasher on the third floor doesn't drain any more.", "It used to be fixed within a day."], []),
        One(["Can you find the slides of the Vienna conference?", "Oh, Tim had them all along."], []),
        One(["Teresa changed her number, her desk and her hairdresser within a week.", "Some people have energy."], []),
        One(["The supplier has moved from Ghent to Bruges, can you update the address list?"], []),
        One(["What's the difference between a cost centre and a profit centre?", "And which of the two was dropped in the reform?"], []),
        One(["Farewell summer.", "The heating is on again since this morning.", "Half the radiators stay cold though."], []),
    ];

    private static FreshConversation One(string[] messages, string[] holds, string[]? over = null) => new("strangers", messages, [.. holds.Select(Label)], [.. (over ?? []).Select(Label)]);

    private static FreshLabel Label(string label) => new(label[..label.IndexOf('=', StringComparison.Ordinal)], label[(label.IndexOf('=', StringComparison.Ordinal) + 1)..].Split('|'));
}
