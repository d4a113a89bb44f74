"""What goes with what in the working lives of the invented people: tables of plain words, read by `make_people.py`.

Ids are those of `data/vocabulary/` without their prefix. A line such as "mobile_crisis_team 6.5" is a name and a
weight; a name alone weighs 1. The shares come from the guide to profiles; what is not stated there is judgement.
"""

import re


def weighted(words: str) -> dict[str, float]:
    """ "a 2, b" as {"a": 2.0, "b": 1.0}."""
    found: dict[str, float] = {}
    for part in words.replace("\n", " ").split(","):
        name, _, weight = part.strip().partition(" ")
        if name:
            found[name] = float(weight or 1)
    return found


def table(text: str) -> dict[str, dict[str, float]]:
    """Lines "row: a 2, b" as a mapping of mappings; indented lines go on with the row above."""
    rows = (line.partition(":") for line in re.sub(r"\n +", " ", text).strip().splitlines())
    return {row.strip(): weighted(words) for row, _, words in rows}


STAGES = weighted("exploring 6, student 14, trainee 16, early 22, mid 20, senior 13, leader 6, emeritus 3")
ROLES = weighted("mentee 55, mentor 25, both 20")
ROLE_OF_STAGE = table("""
exploring: mentee 99, both 1
student: mentee 97, both 3
trainee: mentee 92, both 8
early: mentee 70, mentor 6, both 24
mid: mentee 38, mentor 29, both 33
senior: mentee 14, mentor 56, both 30
leader: mentee 6, mentor 72, both 22
emeritus: mentee 2, mentor 90, both 8
""")

DISCIPLINES = weighted("""
social_work 18.5, counselling 15.5, crisis_volunteer 7.5, nursing 7.5, psychology 7.5, law_enforcement 5.5,
peer_specialist 5.5, ems 3.7, fire_service 1.8, dispatch 3.7, victim_advocacy 3.7, education 3.7, human_services 3.7,
other_field 8, marriage_family_therapy 1.1, substance_use_counselling 1.1, corrections_probation 0.6, chaplaincy 0.6,
psychiatry 0.3, research_academia 0.3, public_health_humanitarian 0.3, emergency_medicine 0.2,
emergency_management 0.2
""")
# stages that suit a discipline less than others (1 is usual)
DISCIPLINE_AT_STAGE = table("""
crisis_volunteer: exploring 0.3, student 1.5, trainee 3, early 1, mid 0.5, senior 0.4, leader 0.1, emeritus 1
psychiatry: exploring 0, student 0, trainee 0, early 0.2, mid 1, senior 2, leader 3
research_academia: exploring 0, student 0.1, trainee 0, early 0.5, mid 1, senior 2, leader 3, emeritus 2
emergency_medicine: exploring 0, student 0, trainee 0.1
emergency_management: exploring 0, student 0.1, trainee 0.1, senior 2
other_field: exploring 6, student 1.2, trainee 3, early 0.5, mid 0.15, senior 0.08, leader 0.05, emeritus 0.05
law_enforcement: exploring 0.1, student 0.1, trainee 0.5
fire_service: exploring 0.1, student 0.2, trainee 0.6
dispatch: exploring 0.1, student 0.1
corrections_probation: exploring 0, student 0.1, trainee 0.6
chaplaincy: exploring 0.1, student 0.3, mid 1.3, senior 2
peer_specialist: exploring 0.5, student 0.3, trainee 1.3, leader 0.4, emeritus 0.3
public_health_humanitarian: exploring 0.1, student 0.5
psychology: exploring 2, student 2.5
social_work: student 1.3
""")
# a second discipline, one profile in five
SECOND = table("""
social_work: counselling 2, victim_advocacy 1, research_academia 0.7, crisis_volunteer 1, human_services 1,
    peer_specialist 0.6, other_field 0.7, substance_use_counselling 0.7
counselling: social_work 0.5, substance_use_counselling 1.3, crisis_volunteer 1, education 0.8, peer_specialist 0.6,
    marriage_family_therapy 0.8, other_field 0.7
crisis_volunteer: human_services 1, psychology 1, other_field 2, education 0.6, social_work 1
nursing: emergency_medicine 0.8, public_health_humanitarian 0.8, counselling 0.6, ems 0.8
psychology: research_academia 1.4, counselling 1, crisis_volunteer 1
law_enforcement: fire_service 0.2, corrections_probation 1, counselling 0.6, dispatch 0.6, chaplaincy 0.2
peer_specialist: substance_use_counselling 1.4, human_services 1, crisis_volunteer 1, social_work 0.5
ems: fire_service 2, nursing 0.7, social_work 0.4
fire_service: ems 3, chaplaincy 0.4
dispatch: ems 0.8, social_work 0.5, law_enforcement 0.5, human_services 0.6
victim_advocacy: social_work 1.2, human_services 1, counselling 0.7
education: counselling 1.4, social_work 1, psychology 1
human_services: social_work 1, peer_specialist 1, victim_advocacy 0.7, crisis_volunteer 0.7
other_field: crisis_volunteer 3, human_services 1, social_work 1, counselling 1, education 0.5
marriage_family_therapy: counselling 2, social_work 0.5
substance_use_counselling: peer_specialist 1, counselling 1.5
corrections_probation: social_work 1, law_enforcement 0.7
chaplaincy: counselling 1, fire_service 0.5
psychiatry: research_academia 1
research_academia: psychology 1, social_work 1
public_health_humanitarian: psychology 1, emergency_management 1
emergency_medicine: ems 1, nursing 0.4
emergency_management: fire_service 1, public_health_humanitarian 1
""")

# the present place of work; the groups of the guide add up to 25, 18, 17, 14, 7, 7, 4, 4, 4
SETTINGS = weighted("""
crisis_line_988 9.6, text_chat_line 3.7, warmline 2.5, dispatch_911 4, info_referral_211 1.2, youth_helpline 2.5,
dv_sa_hotline 1.5,
mobile_crisis_team 6.2, co_responder_team 2.2, law_enforcement_cit 3.8, crisis_negotiation_unit 0.6, fire_ems 3.2,
victim_crisis_response 0.9, homeless_outreach 1.1,
crisis_stabilisation_unit 3.5, crisis_receiving_centre 2, peer_respite 1.5, emergency_department 5,
inpatient_psychiatry 3.5, detox_residential_sud 1.5,
community_mental_health 6, substance_use_clinic 1.6, integrated_primary_care 0.8, private_practice 1.8, telehealth 2,
medical_hospital 1.8,
school_k12 3.6, university_campus 1.8, academia_research 1, training_organisation 0.6,
jail_prison 1.6, courts 0.8, probation_parole 1, juvenile_justice 0.6,
child_protection 1.4, child_advocacy_centre 0.7, dv_shelter 2.4, sexual_assault_centre 0.8, homeless_shelter 1,
adult_protective_services 0.7,
military_base 0.6, veterans_services 1.4, disaster_response 1, refugee_humanitarian 1,
faith_community 0.8, employer_eap 0.6, responder_peer_support 1, tribal_indigenous_services 0.8,
government_policy 0.5, rural_service 0.3
""")
PLACES = table("""
social_work: crisis_line_988 2, mobile_crisis_team 4, co_responder_team 2, crisis_stabilisation_unit 3,
    crisis_receiving_centre 2, emergency_department 3, inpatient_psychiatry 2, community_mental_health 4,
    medical_hospital 4, integrated_primary_care 3, telehealth 2, private_practice 2, school_k12 2, child_protection 6,
    child_advocacy_centre 4, homeless_shelter 2, homeless_outreach 2, adult_protective_services 8, courts 3,
    jail_prison 2, juvenile_justice 3, veterans_services 5, refugee_humanitarian 3, tribal_indigenous_services 4,
    substance_use_clinic 1.5, text_chat_line 1, youth_helpline 1, dv_shelter 1.5, government_policy 3,
    detox_residential_sud 1, rural_service 3, academia_research 2, military_base 2, disaster_response 2, employer_eap
    2, university_campus 1, info_referral_211 1
counselling: crisis_line_988 4, text_chat_line 3, mobile_crisis_team 3, co_responder_team 2, crisis_stabilisation_unit
    3, crisis_receiving_centre 3, community_mental_health 4, telehealth 4, private_practice 4, substance_use_clinic 3,
    university_campus 4, youth_helpline 2, school_k12 1.5, emergency_department 1, inpatient_psychiatry 1,
    employer_eap 4, military_base 2, jail_prison 2, sexual_assault_centre 2, dv_sa_hotline 1, integrated_primary_care
    2, training_organisation 2, detox_residential_sud 1.5, veterans_services 2, rural_service 2, child_advocacy_centre
    2
crisis_volunteer: crisis_line_988 8, text_chat_line 7, warmline 5, youth_helpline 8, dv_sa_hotline 6,
    info_referral_211 5, disaster_response 1.5, faith_community 1.5, homeless_shelter 1, victim_crisis_response 2
nursing: emergency_department 9, inpatient_psychiatry 8, crisis_stabilisation_unit 4, crisis_receiving_centre 3,
    medical_hospital 7, detox_residential_sud 4, integrated_primary_care 5, telehealth 1, substance_use_clinic 2,
    mobile_crisis_team 1, sexual_assault_centre 2, military_base 2, community_mental_health 1, jail_prison 2,
    refugee_humanitarian 1, veterans_services 2
psychology: academia_research 8, university_campus 6, inpatient_psychiatry 3, community_mental_health 2,
    crisis_line_988 2, text_chat_line 2, youth_helpline 3, private_practice 4, telehealth 3, school_k12 2,
    veterans_services 3, refugee_humanitarian 3, jail_prison 2, medical_hospital 1.5, emergency_department 1,
    military_base 2, mobile_crisis_team 1
law_enforcement: law_enforcement_cit 30, crisis_negotiation_unit 20, co_responder_team 6, training_organisation 3,
    responder_peer_support 3, probation_parole 1, military_base 1
peer_specialist: warmline 10, peer_respite 16, mobile_crisis_team 3, crisis_receiving_centre 3,
    community_mental_health 2, detox_residential_sud 3, homeless_outreach 4, crisis_line_988 1, substance_use_clinic
    2, veterans_services 2, crisis_stabilisation_unit 2, homeless_shelter 2
ems: fire_ems 30, disaster_response 3, responder_peer_support 4, emergency_department 1.5, mobile_crisis_team 0.6,
    dispatch_911 2
fire_service: fire_ems 30, responder_peer_support 8, disaster_response 2
dispatch: dispatch_911 60
victim_advocacy: dv_shelter 12, sexual_assault_centre 12, victim_crisis_response 16, dv_sa_hotline 12, courts 10,
    child_advocacy_centre 4
education: school_k12 25, university_campus 5, juvenile_justice 2, youth_helpline 2, training_organisation 2
human_services: homeless_shelter 10, homeless_outreach 7, info_referral_211 10, dv_shelter 3, crisis_line_988 1.5,
    community_mental_health 1.5, refugee_humanitarian 6, child_protection 4, crisis_stabilisation_unit 1,
    adult_protective_services 3, warmline 1, peer_respite 1, tribal_indigenous_services 3
other_field: crisis_line_988 5, text_chat_line 4, youth_helpline 2, warmline 2, faith_community 3, mobile_crisis_team
    0.6, homeless_shelter 2, info_referral_211 2, community_mental_health 0.7, dv_sa_hotline 2, disaster_response 1.5
marriage_family_therapy: private_practice 6, community_mental_health 3, telehealth 3, crisis_line_988 1,
    mobile_crisis_team 1
substance_use_counselling: substance_use_clinic 14, detox_residential_sud 14, homeless_outreach 2, probation_parole 1
corrections_probation: jail_prison 20, probation_parole 30, juvenile_justice 10
chaplaincy: faith_community 20, medical_hospital 6, responder_peer_support 3, jail_prison 2, military_base 4,
    victim_crisis_response 2
psychiatry: inpatient_psychiatry 10, emergency_department 5, telehealth 3
research_academia: academia_research 30, training_organisation 3, government_policy 4
public_health_humanitarian: refugee_humanitarian 20, disaster_response 10, government_policy 8,
    tribal_indigenous_services 2
emergency_medicine: emergency_department 20
emergency_management: disaster_response 20, government_policy 8
""")
LINES_AND_SHIFTS = tuple(
    weighted("""
crisis_line_988, text_chat_line, warmline, youth_helpline, dv_sa_hotline, dispatch_911, fire_ems, law_enforcement_cit,
emergency_department, inpatient_psychiatry, crisis_stabilisation_unit, crisis_receiving_centre
""")
)

SKILLS_BY_PLACE = table("""
crisis_line_988: phone_counselling 4, active_listening 4, suicide_risk_assessment 3, safety_planning 3, crisis_triage,
    documentation, active_rescue, referral_linkage, empathic_responding 2, shift_sleep_management, follow_up_contact
text_chat_line: text_chat_counselling 4, active_listening 2, suicide_risk_assessment 2, safety_planning 2,
    youth_competence, documentation, empathic_responding
warmline: lived_experience_support 3, active_listening 3, empathic_responding 2, boundary_setting, phone_counselling
    2, resource_navigation
dispatch_911: emergency_call_taking 4, crisis_triage 3, calm_clear_speech 3, shift_sleep_management,
    phone_counselling, shift_supervision 0.7, documentation
info_referral_211: resource_navigation 4, needs_assessment 2, referral_linkage 3, active_listening, phone_counselling
youth_helpline: youth_competence 4, phone_counselling 2, text_chat_counselling 2, active_listening 2,
    child_maltreatment_assessment, mandated_reporting
dv_sa_hotline: victim_assistance 3, ipv_danger_assessment 3, phone_counselling 2, safety_planning 2,
    sexual_assault_response, confidentiality_privacy
mobile_crisis_team: field_scene_safety 3, crisis_triage 3, verbal_deescalation 3, safety_planning 2,
    suicide_risk_assessment 2, involuntary_hold_law 2, police_mh_collaboration, referral_linkage,
    crisis_intervention_model
co_responder_team: police_mh_collaboration 4, field_scene_safety 3, verbal_deescalation 2, involuntary_hold_law 2,
    first_responder_culture, crisis_triage
law_enforcement_cit: verbal_deescalation 3, police_mh_collaboration 3, first_responder_culture 2,
    involuntary_hold_law, field_scene_safety, serious_mental_illness, incident_command 0.5
crisis_negotiation_unit: crisis_negotiation 4, active_listening 3, conflict_resolution, incident_command,
    verbal_deescalation
fire_ems: emergency_first_aid 4, field_scene_safety 2, first_responder_culture 3, overdose_response,
    critical_incident_support, shift_sleep_management, verbal_deescalation
victim_crisis_response: victim_assistance 3, difficult_news 2, critical_incident_support 2, psychological_first_aid 2,
    court_victim_rights
homeless_outreach: homelessness_competence 4, overdose_response 2, case_management 2, rapport_building 2,
    resource_navigation, motivational_interviewing, field_scene_safety
crisis_stabilisation_unit: verbal_deescalation 3, crisis_triage 2, needs_assessment 2, safety_planning,
    trauma_informed_care 2, serious_mental_illness, documentation, team_leadership 0.5
crisis_receiving_centre: crisis_triage 3, verbal_deescalation 2, needs_assessment 2, referral_linkage 2,
    serious_mental_illness, multidisciplinary_teamwork
peer_respite: lived_experience_support 4, boundary_setting 2, crisis_planning 2, group_facilitation,
    empathic_responding, active_listening
emergency_department: crisis_triage 3, mental_status_exam 2, verbal_deescalation 3, involuntary_hold_law 2,
    multidisciplinary_teamwork 2, physical_safety_techniques, suicide_risk_assessment 2, documentation
inpatient_psychiatry: serious_mental_illness 3, mental_status_exam 2, psychopharmacology 2, physical_safety_techniques
    2, verbal_deescalation 2, multidisciplinary_teamwork, group_facilitation
detox_residential_sud: substance_use_counselling 3, overdose_response 3, motivational_interviewing 2,
    substance_use_screening 2, group_facilitation
community_mental_health: case_management 2, needs_assessment 2, diagnosis_formulation 2, trauma_informed_care 2, cbt,
    safety_planning, serious_mental_illness, crisis_planning, clinical_supervision 0.6, reflective_practice
substance_use_clinic: substance_use_counselling 4, motivational_interviewing 3, substance_use_screening 2,
    overdose_response 2, group_facilitation
integrated_primary_care: substance_use_screening 2, multidisciplinary_teamwork 2, psychoeducation 2, needs_assessment,
    cbt
private_practice: diagnosis_formulation 2, cbt 2, telehealth_practice 2, professional_ethics 2, emdr,
    boundary_setting, family_intervention
telehealth: telehealth_practice 4, safety_planning, cbt, professional_ethics, documentation, dbt_skills
medical_hospital: grief_support 2, difficult_news 2, multidisciplinary_teamwork 2, referral_linkage,
    family_intervention, older_adult_competence
school_k12: school_crisis_planning 3, youth_competence 4, violence_threat_assessment 2, mandated_reporting 2,
    child_adolescent_methods 2, psychological_first_aid
university_campus: youth_competence 2, violence_threat_assessment, group_facilitation, cbt, suicide_postvention,
    public_speaking, career_guidance
academia_research: research_methods 4, scholarly_writing 3, programme_evaluation 2, public_speaking,
    curriculum_design, career_guidance
training_organisation: training_delivery 4, curriculum_design 3, public_speaking 2, network_building
jail_prison: serious_mental_illness 2, violence_threat_assessment 2, suicide_risk_assessment,
    physical_safety_techniques, conflict_resolution, case_management
courts: court_victim_rights 2, case_management 2, violence_threat_assessment, partnership_building
probation_parole: case_management 2, motivational_interviewing 2, violence_threat_assessment, conflict_resolution,
    documentation
juvenile_justice: youth_competence 3, child_adolescent_methods 2, conflict_resolution, trauma_informed_care,
    family_intervention
child_protection: child_maltreatment_assessment 3, mandated_reporting 3, family_intervention 2, documentation 2,
    trauma_informed_care
child_advocacy_centre: child_maltreatment_assessment 2, tf_cbt 2, child_adolescent_methods 2, victim_assistance,
    court_victim_rights, trauma_informed_care
dv_shelter: victim_assistance 3, ipv_danger_assessment 3, safety_planning 2, court_victim_rights,
    trauma_informed_care, case_management
sexual_assault_centre: sexual_assault_response 3, victim_assistance 3, trauma_informed_care 2, court_victim_rights,
    confidentiality_privacy
homeless_shelter: homelessness_competence 3, case_management 2, resource_navigation 2, conflict_resolution,
    verbal_deescalation, overdose_response
adult_protective_services: older_adult_competence 4, mandated_reporting 2, case_management 2, needs_assessment
military_base: military_veteran_competence 4, psychological_first_aid, suicide_risk_assessment,
    critical_incident_support
veterans_services: military_veteran_competence 4, suicide_risk_assessment 2, lethal_means_counselling 2,
    safety_planning, case_management
disaster_response: psychological_first_aid 4, disaster_mh_planning 2, incident_command 2, needs_assessment,
    critical_incident_support
refugee_humanitarian: refugee_migrant_competence 4, work_with_interpreters 3, cultural_humility 2,
    psychological_first_aid 2, disaster_mh_planning
faith_community: spiritual_care 3, grief_support 2, group_facilitation, active_listening, volunteer_coordination
employer_eap: psychoeducation 2, critical_incident_support 2, burnout_prevention 2, referral_linkage,
    colleague_peer_support
responder_peer_support: colleague_peer_support 4, critical_incident_support 4, first_responder_culture 3,
    vicarious_trauma_management 2, group_facilitation, confidentiality_privacy
tribal_indigenous_services: indigenous_competence 4, cultural_humility 2, rural_practice, grief_support,
    family_intervention
government_policy: policy_advocacy 3, programme_management 2, partnership_building 2, grant_writing 2,
    service_data_reporting 2
rural_service: rural_practice 4, telehealth_practice, lethal_means_counselling, partnership_building
""")
SKILLS_BY_DISCIPLINE = table("""
social_work: needs_assessment 2, case_management 2, referral_linkage, professional_ethics, mandated_reporting,
    motivational_interviewing, safety_planning
counselling: active_listening 2, cbt 2, motivational_interviewing, dbt_skills, reflective_practice,
    crisis_intervention_model, safety_planning
crisis_volunteer: active_listening 4, empathic_responding 3, phone_counselling 2, text_chat_counselling
nursing: mental_status_exam 2, psychopharmacology 2, emergency_first_aid, crisis_triage, documentation,
    physical_safety_techniques
psychology: diagnosis_formulation 2, cbt 2, research_methods, psychoeducation, suicide_risk_assessment
law_enforcement: verbal_deescalation 2, first_responder_culture 2, conflict_resolution, field_scene_safety,
    police_mh_collaboration
peer_specialist: lived_experience_support 4, boundary_setting, rapport_building, motivational_interviewing,
    empathic_responding
ems: emergency_first_aid 3, field_scene_safety, first_responder_culture, overdose_response
fire_service: emergency_first_aid 2, first_responder_culture 2, incident_command, critical_incident_support
dispatch: emergency_call_taking 4, calm_clear_speech 2, crisis_triage
victim_advocacy: victim_assistance 4, court_victim_rights 2, ipv_danger_assessment 2, safety_planning
education: youth_competence 3, school_crisis_planning 2, mandated_reporting, conflict_resolution,
    child_adolescent_methods
human_services: case_management 3, resource_navigation 2, needs_assessment, rapport_building
other_field: calm_clear_speech, conflict_resolution, problem_solving_support, active_listening, team_leadership 0.5
marriage_family_therapy: family_intervention 4, conflict_resolution, child_adolescent_methods, diagnosis_formulation
substance_use_counselling: substance_use_counselling 4, motivational_interviewing 3, overdose_response,
    group_facilitation
corrections_probation: violence_threat_assessment 2, case_management, conflict_resolution, serious_mental_illness
chaplaincy: spiritual_care 4, grief_support 3, difficult_news 2, active_listening
psychiatry: psychopharmacology 4, diagnosis_formulation 3, mental_status_exam 3, involuntary_hold_law
research_academia: research_methods 4, scholarly_writing 3, programme_evaluation 2, public_speaking
public_health_humanitarian: disaster_mh_planning 3, refugee_migrant_competence, psychological_first_aid 2,
    programme_management
emergency_medicine: crisis_triage 2, emergency_first_aid 2, psychopharmacology, difficult_news
emergency_management: incident_command 4, disaster_mh_planning 3, partnership_building
""")
# comes with years in the work, most of all to people who mentor
SKILLS_OF_EXPERIENCE = weighted("""
mentoring_coaching 5, career_guidance 3, training_delivery 3, team_leadership 2.5, reflective_practice 2,
boundary_setting 2, burnout_prevention 2, self_care_planning 1.5, vicarious_trauma_management 1.5, shift_supervision 1.5,
network_building 1.5, multidisciplinary_teamwork 1.5, programme_management 1.5, curriculum_design 1,
partnership_building 1.5, public_speaking 1.2, grant_writing 0.8, service_data_reporting 0.7, policy_advocacy 0.6,
volunteer_coordination 1.2, colleague_peer_support 1.2, accreditation_standards 0.5, programme_evaluation 0.6,
professional_ethics 1, shift_sleep_management 0.8, group_facilitation 1
""")
SKILLS_OF_ANYBODY = weighted("""
active_listening 2, empathic_responding 1.5, rapport_building, calm_clear_speech, cultural_humility, self_care_planning,
youth_competence 0.6, lgbtq_affirming 0.6, trauma_informed_care, documentation 0.7, verbal_deescalation,
psychological_first_aid 0.7, grief_support 0.4, work_with_interpreters 0.4, perinatal_mental_health 0.2,
deaf_hard_of_hearing 0.1, disability_idd_autism 0.4, older_adult_competence 0.3, problem_solving_support 0.5,
conflict_resolution 0.5
""")

SHORT_COURSES = weighted("mhfa 3, qpr 3, asist 3, bls_cpr 3, safetalk 1.2, pfa_training 1.5")
# credentials: discipline: name weight; those before "early" in EARLIEST wait until then
CREDENTIALS = table("""
social_work: bachelors 3, msw 8, lmsw 5, lcsw 8, approved_supervisor 1.5, asist 1.5, cpi_nci 1, cctp 1, mi_training 0.7
counselling: bachelors 2, masters_counselling 7, lpc 8, ncc 2.5, approved_supervisor 1.5, asist 1.5, cctp 1,
    emdr_certified 0.6, ccis 0.5
crisis_volunteer: asist 4, qpr 3, mhfa 3, safetalk 2, bachelors 0.7, aas_crisis_worker 0.6
nursing: rn 12, bls_cpr 3, pmh_bc 2.5, pmhnp_bc 1.2, cpi_nci 2, sane 0.5, bachelors 1
psychology: bachelors 3, masters_counselling 2, doctorate 3, licensed_psychologist 3, asist 1, cctp 0.7
law_enforcement: peace_officer 10, cit_40h 7, bls_cpr 2, negotiation_40h 1, cit_coordinator 0.8, icisf_gric 1, mhfa 1
peer_specialist: peer_specialist_state 8, ncps 1.5, mhfa 2, asist 1.5, mi_training 1, cadc 0.5
ems: emt 6, paramedic 5, bls_cpr 4, cit_40h 0.8, icisf_gric 1, mhro 0.8, fema_ics_basic 1
fire_service: emt 6, fema_ics_basic 3, icisf_gric 2, ccism 1, mhro 1, bls_cpr 3, icisf_cst 0.8
dispatch: emd 8, pst 4, enp 1.5, cit_40h 1.2, bls_cpr 2, mhfa 1
victim_advocacy: state_dv_advocate 7, nacp_advocate 4, nova_crt 1.5, bachelors 2, qpr 1
education: bachelors 2, prepare 3, ncsp 1.5, mhfa 2, masters_counselling 1.5, qpr 2, cpi_nci 1.5
human_services: bachelors 4, mhfa 2, asist 1.5, crs 1.5, bls_cpr 1.5, mi_training 0.6
other_field: mhfa 3, qpr 3, asist 2, bls_cpr 3, bachelors 1.5
marriage_family_therapy: masters_counselling 4, lmft 8, approved_supervisor 1.5, emdr_certified 1
substance_use_counselling: cadc 8, ncac 1.5, mi_training 2, sbirt 2, bachelors 1.5
corrections_probation: cit_40h 3, peace_officer 2, bachelors 3, mhfa 1.5, cpi_nci 1
chaplaincy: bcc 5, icisf_gric 2, nova_crt 1, ccism 1, asist 1
psychiatry: physician_psychiatrist 20, doctorate 0.5
research_academia: doctorate 10, msw 2, bachelors 1
public_health_humanitarian: pfa_training 4, masters_counselling 1, estss_certificate 1, fema_ics_basic 1.5
emergency_medicine: bls_cpr 3, fema_ics_basic 1
emergency_management: cem 5, fema_ics_basic 4, fema_ics_advanced 3
""")
CREDENTIALS_BY_PLACE = table("""
crisis_line_988: asist 1.5, aas_crisis_worker 1.2, qpr 0.7
text_chat_line: asist 1, safetalk 0.7
co_responder_team: cit_40h 3
mobile_crisis_team: cit_40h 0.8, calm_training 0.8
emergency_department: cpi_nci 1.5, bls_cpr 1
inpatient_psychiatry: cpi_nci 2, cpi_instructor 0.5
jail_prison: cit_40h 1
disaster_response: red_cross_dmh 3, fema_ics_basic 2, pfa_training 2
refugee_humanitarian: pfa_training 2, estss_certificate 0.6
responder_peer_support: ccism 3, icisf_cst 2, icisf_gric 2, icisf_instructor 0.8
school_k12: prepare 2, mhfa 0.7
dv_shelter: state_dv_advocate 3
dv_sa_hotline: state_dv_advocate 3
sexual_assault_centre: state_dv_advocate 2
detox_residential_sud: cadc 1.5, sbirt 1
substance_use_clinic: cadc 2, sbirt 1
child_advocacy_centre: tfcbt_certified 2
employer_eap: ceap 3
training_organisation: mhfa_instructor 2, asist_trainer 2, qpr_instructor 1.5, cpi_instructor 1.5
veterans_services: calm_training 1.5
crisis_negotiation_unit: negotiation_40h 6
info_referral_211: crs 3
""")
DEGREES = ("bachelors", "msw", "masters_counselling", "doctorate")
CLINICAL_LICENCES = ("lcsw", "lpc", "lmft", "licensed_psychologist", "physician_psychiatrist")
EARLIEST = {
    **dict.fromkeys(
        ("lmsw", "rn", "emd", "pst", "emt", "state_dv_advocate", "peace_officer", "peer_specialist_state"), "trainee"
    ),
    **dict.fromkeys(
        (
            "msw",
            "masters_counselling",
            "lcsw",
            "lpc",
            "lmft",
            "paramedic",
            "ncc",
            "cadc",
            "cit_40h",
            "cpi_nci",
            "cctp",
            "ncps",
            "sbirt",
            "mi_training",
            "calm_training",
            "crs",
            "icisf_gric",
            "fema_ics_basic",
            "red_cross_dmh",
            "nova_crt",
            "aas_crisis_worker",
            "ccis",
            "prepare",
        ),
        "early",
    ),
    **dict.fromkeys(
        (
            "licensed_psychologist",
            "physician_psychiatrist",
            "doctorate",
            "pmh_bc",
            "pmhnp_bc",
            "ccism",
            "icisf_cst",
            "mhro",
            "nacp_advocate",
            "enp",
            "ncac",
            "ncsp",
            "bcc",
            "ceap",
            "sane",
            "emdr_certified",
            "tfcbt_certified",
            "estss_certificate",
            "negotiation_40h",
            "cem",
            "fema_ics_advanced",
            "cit_coordinator",
            "mhfa_instructor",
            "qpr_instructor",
            "asist_trainer",
            "cpi_instructor",
            "icisf_instructor",
        ),
        "mid",
    ),
    "approved_supervisor": "senior",
}
ONLY_US = (
    "lcsw",
    "lmsw",
    "lpc",
    "lmft",
    "cadc",
    "peer_specialist_state",
    "peace_officer",
    "ncc",
    "nacp_advocate",
    "state_dv_advocate",
    "fema_ics_basic",
    "fema_ics_advanced",
    "red_cross_dmh",
    "emt",
    "ncac",
    "ncps",
    "ncsp",
    "pmh_bc",
    "pmhnp_bc",
    "approved_supervisor",
    "aas_crisis_worker",
    "crs",
    "mhro",
    "licensed_psychologist",
)

# goal: how often; d= disciplines it is for, p= places it is for, not= not for people already there or holding it
GOALS = """
explore_role 5 | |
change_career 6 | d=other_field |
get_bachelors 3 | d=psychology,social_work,human_services,other_field,crisis_volunteer,counselling,dispatch | not=bachelors,msw,masters_counselling,lcsw,lpc,lmft,lmsw
get_masters 2.6 | d=psychology,social_work,counselling,human_services,crisis_volunteer,peer_specialist,victim_advocacy,nursing,education,law_enforcement,dispatch,ems | not=msw,masters_counselling,doctorate,lcsw,lpc,lmft,lmsw,physician_psychiatrist
foreign_qualification 1.5 | d=social_work,psychology,nursing,counselling |
volunteer_place 5 | d=psychology,social_work,counselling,other_field,human_services,education,nursing,crisis_volunteer,peer_specialist |
internship 5 | d=social_work,counselling,psychology,marriage_family_therapy |
first_hotline_job 3.6 | d=psychology,social_work,counselling,other_field,human_services,crisis_volunteer,peer_specialist,education |
first_months 9 | p=any |
cert_icisf 2.5 | d=fire_service,ems,law_enforcement,dispatch,chaplaincy,nursing,social_work,counselling | not=ccism,icisf_cst
cert_crisis_specialist 2 | d=social_work,counselling,crisis_volunteer,human_services,psychology,victim_advocacy,peer_specialist | not=ccis,aas_crisis_worker
cert_suicide_first_aid 2 | | not=asist
cert_cit 9 | d=law_enforcement,dispatch,corrections_probation,ems | not=cit_40h,cit_coordinator
cert_peer 7 | d=peer_specialist | not=peer_specialist_state,ncps
cert_advocate 6 | d=victim_advocacy | not=nacp_advocate
cert_dispatch 8 | d=dispatch | not=enp
cert_trauma_therapy 2 | d=social_work,counselling,psychology,marriage_family_therapy | not=emdr_certified,tfcbt_certified
continuing_education 0.9 | |
cert_disaster 2 | d=social_work,counselling,psychology,nursing,ems,fire_service,chaplaincy,emergency_management,public_health_humanitarian | not=red_cross_dmh
licence_lcsw 9 | d=social_work | not=lcsw
licence_lpc 9 | d=counselling | not=lpc
licence_lmft 20 | d=marriage_family_therapy | not=lmft
licence_psych_nursing 7 | d=nursing | not=pmhnp_bc
licence_ems 4 | d=ems,fire_service | not=paramedic
skill_listening 4 | |
skill_deescalation 5 | p=any |
skill_suicide_risk 6 | |
skill_text_chat 3 | p=crisis_line_988,youth_helpline,dv_sa_hotline,warmline,text_chat_line |
skill_law_documentation 3 | p=any |
skill_cultural 2.5 | |
skill_group_debrief 1.7 | d=fire_service,ems,law_enforcement,dispatch,chaplaincy,social_work,counselling,education,nursing |
skill_trauma 2.5 | p=any |
skill_substance_crisis 3.5 | p=homeless_outreach,emergency_department,detox_residential_sud,mobile_crisis_team,homeless_shelter,crisis_line_988,substance_use_clinic,fire_ems,peer_respite,crisis_receiving_centre |
move_mobile_crisis 4.5 | d=social_work,counselling,peer_specialist | not=mobile_crisis_team
move_hospital 3.5 | d=social_work,counselling,psychology,nursing | not=emergency_department,inpatient_psychiatry
move_school 2.5 | d=social_work,counselling,psychology,education | not=school_k12
move_clinical_private 3 | d=social_work,counselling,psychology,marriage_family_therapy | not=private_practice,telehealth
move_dispatch_to_bh 6 | d=dispatch,law_enforcement,ems,fire_service |
move_humanitarian 1.6 | d=psychology,social_work,nursing,psychiatry,public_health_humanitarian | not=refugee_humanitarian
specialise_youth 5 | d=education,psychology,social_work,counselling,crisis_volunteer,marriage_family_therapy |
specialise_veterans 1.8 | d=social_work,counselling,psychology,peer_specialist,nursing | not=veterans_services
specialise_violence_victims 3 | d=victim_advocacy,social_work,counselling,nursing,law_enforcement,human_services |
specialise_first_responders 2.5 | d=law_enforcement,fire_service,ems,dispatch,counselling,social_work,psychology,chaplaincy |
specialise_refugees 1.6 | d=social_work,counselling,psychology,human_services,public_health_humanitarian |
specialise_disability 1.6 | |
specialise_older_adults 1.2 | d=social_work,nursing,counselling,human_services |
specialise_homelessness 2 | d=human_services,social_work,peer_specialist,substance_use_counselling |
specialise_justice 2 | d=corrections_probation,social_work,counselling,psychology |
specialise_negotiation 5 | d=law_enforcement,corrections_probation |
specialise_grief 1.8 | d=chaplaincy,social_work,nursing,counselling,crisis_volunteer,psychology |
specialise_rural_tribal 1.5 | k=rural |
become_shift_supervisor 4 | p=crisis_line_988,text_chat_line,dispatch_911,youth_helpline,crisis_stabilisation_unit,crisis_receiving_centre,dv_shelter |
become_clinical_supervisor 4 | d=social_work,counselling,psychology,marriage_family_therapy | not=approved_supervisor
become_trainer 3 | |
become_manager 3 | |
start_cit_programme 8 | d=law_enforcement | not=cit_coordinator
build_mobile_team 1.5 | d=social_work,counselling,nursing,psychology |
build_regional_team 1 | d=fire_service,ems,law_enforcement,social_work,emergency_management,chaplaincy |
build_peer_support 2.5 | d=dispatch,law_enforcement,ems,fire_service,nursing |
accredit_centre 3 | p=crisis_line_988,text_chat_line,youth_helpline |
win_grant 1.8 | d=social_work,counselling,psychology,human_services,victim_advocacy,research_academia,public_health_humanitarian,peer_specialist |
evaluate_programme 1.8 | d=social_work,psychology,counselling,research_academia,public_health_humanitarian,emergency_management |
publish_research 2 | d=psychology,research_academia,social_work,nursing |
conference_talk 1.6 | |
build_network 2 | |
find_collaborators 1.5 | |
case_consultation 2.5 | d=social_work,counselling,psychology,nursing,marriage_family_therapy,psychiatry,peer_specialist,victim_advocacy |
police_mh_link 2 | d=law_enforcement,ems,dispatch,social_work,counselling,peer_specialist |
become_mentor 2.2 | |
prevent_burnout 5 | p=any |
after_critical_incident 2.2 | p=any |
return_after_break 1.8 | p=any |
manage_nights 4 | k=shift |
lived_experience_boundaries 4 | d=peer_specialist,crisis_volunteer |
"""

# the words in which somebody says where they work, after a form of "to be" and as a thing
AT = {
    "crisis_line_988": ("on a crisis line", "the line"),
    "text_chat_line": ("on a text line", "the text line"),
    "warmline": ("on a warmline", "the warmline"),
    "dispatch_911": ("in dispatch", "the dispatch floor"),
    "info_referral_211": ("at a 211", "the 211"),
    "youth_helpline": ("on a youth line", "the youth line"),
    "dv_sa_hotline": ("on a DV hotline", "the hotline"),
    "mobile_crisis_team": ("on a mobile team", "the mobile team"),
    "co_responder_team": ("on a co-responder team", "the team"),
    "law_enforcement_cit": ("on patrol", "the department"),
    "crisis_negotiation_unit": ("on a negotiation unit", "the unit"),
    "fire_ems": ("on the ambulance", "the station"),
    "victim_crisis_response": ("with a victim response team", "the response team"),
    "homeless_outreach": ("in street outreach", "the outreach team"),
    "crisis_stabilisation_unit": ("on a stabilization unit", "the unit"),
    "crisis_receiving_centre": ("at a receiving center", "the center"),
    "peer_respite": ("in a peer respite", "the respite house"),
    "emergency_department": ("in the ED", "the ED"),
    "inpatient_psychiatry": ("on an inpatient unit", "the ward"),
    "detox_residential_sud": ("in detox", "the detox"),
    "community_mental_health": ("in community mental health", "the clinic"),
    "substance_use_clinic": ("at a methadone clinic", "the clinic"),
    "integrated_primary_care": ("in primary care", "the practice"),
    "private_practice": ("in private practice", "my practice"),
    "telehealth": ("in telehealth", "the telehealth job"),
    "medical_hospital": ("in a general hospital", "the hospital"),
    "school_k12": ("in a school district", "the school"),
    "university_campus": ("on campus", "the counseling center"),
    "academia_research": ("at a university", "the institute"),
    "training_organisation": ("at a training outfit", "the academy"),
    "jail_prison": ("in a jail", "the jail"),
    "courts": ("at the courthouse", "the court"),
    "probation_parole": ("in probation", "the probation office"),
    "juvenile_justice": ("in juvenile justice", "the youth hall"),
    "child_protection": ("in child protection", "child protection"),
    "child_advocacy_centre": ("at a child advocacy center", "the advocacy center"),
    "dv_shelter": ("at a DV shelter", "the shelter"),
    "sexual_assault_centre": ("at a sexual assault center", "the center"),
    "homeless_shelter": ("at a shelter", "the shelter"),
    "adult_protective_services": ("in adult protection", "the agency"),
    "military_base": ("on a base", "the base"),
    "veterans_services": ("in veterans services", "the vet center"),
    "disaster_response": ("in disaster response", "the relief org"),
    "refugee_humanitarian": ("in refugee services", "the program"),
    "faith_community": ("in a faith community", "the congregation"),
    "employer_eap": ("in an EAP", "the EAP"),
    "responder_peer_support": ("on a responder peer team", "the peer team"),
    "tribal_indigenous_services": ("in tribal health", "the clinic"),
    "government_policy": ("at the county office", "the office"),
    "rural_service": ("in a rural service", "the service"),
}

# places: shares of 100; US states by millions of people
COUNTRIES = {
    "US": 78.0,
    "CA-ON": 3.1,
    "CA-QC": 1.5,
    "CA-BC": 1.4,
    "CA-AB": 1.0,
    "CA-MB": 0.4,
    "CA-NS": 0.3,
    "CA-SK": 0.2,
    "CA-NU": 0.1,
    "GB": 1.7,
    "IE": 0.7,
    "ES": 1.4,
    "FR": 1.2,
    "DE": 0.7,
    "NL": 0.4,
    "PL": 0.3,
    "SE": 0.3,
    "IT": 0.3,
    "MX": 1.4,
    "CO": 0.9,
    "AR": 0.6,
    "CL": 0.4,
    "PE": 0.3,
    "BR": 0.4,
    "AU": 0.7,
    "NZ": 0.5,
    "IN": 0.4,
    "PH": 0.3,
    "JP": 0.3,
    "KE": 0.3,
    "ZA": 0.3,
    "TN": 0.2,
}
STATES = weighted("""
US-AL 5, US-AK 0.7, US-AZ 7.3, US-AR 3, US-CA 39, US-CO 5.8, US-CT 3.6, US-DE 1, US-DC 0.7, US-FL 22, US-GA 11,
US-HI 1.4, US-ID 1.9, US-IL 12.6, US-IN 6.8, US-IA 3.2, US-KS 2.9, US-KY 4.5, US-LA 4.6, US-ME 1.4, US-MD 6.2, US-MA 7,
US-MI 10, US-MN 5.7, US-MS 2.9, US-MO 6.2, US-MT 1.1, US-NE 2, US-NV 3.2, US-NH 1.4, US-NJ 9.3, US-NM 2.1, US-NY 19.7,
US-NC 10.7, US-ND 0.8, US-OH 11.8, US-OK 4, US-OR 4.2, US-PA 13, US-RI 1.1, US-SC 5.3, US-SD 0.9, US-TN 7, US-TX 30,
US-UT 3.4, US-VT 0.6, US-VA 8.7, US-WA 7.8, US-WV 1.8, US-WI 5.9, US-WY 0.6, US-PR 3.2
""")
RURAL_STATES = weighted("""
US-MT 3, US-WY 2, US-ND 2, US-SD 2, US-AK 2, US-ME 2, US-VT 1.5, US-WV 3, US-NM 2.5, US-ID 2.5, US-NE 2, US-KS 2,
US-IA 2, US-AR 2, US-MS 2, US-KY 3, US-OK 2, US-AL 1, US-NV 1, US-TX 3, US-CA 2, US-OR 2, US-WA 1.5, US-MN 2, US-WI 2,
US-MI 1.5, US-PA 2, US-NC 1.5, US-GA 1, US-TN 1.5, US-MO 2, US-OH 1.5, US-VA 1.2, US-NY 1.2, US-NH 0.7, US-CO 1, US-AZ 1.5
""")
OTHER_ZONES = {
    "US-TN": "America/New_York",
    "US-KY": "America/Chicago",
    "US-ND": "America/Denver",
    "US-SD": "America/Denver",
    "US-NE": "America/Denver",
    "US-ID": "America/Los_Angeles",
    "US-MI": "America/Chicago",
    "US-IN": "America/Chicago",
    "US-FL": "America/Chicago",
    "US-TX": "America/Denver",
    "US-OR": "America/Boise",
    "US-AZ": "America/Denver",
    "MX": "America/Tijuana",
    "AU": "Australia/Perth",
    "ES": "Atlantic/Canary",
}
OWN_LANGUAGE = {
    "CA-QC": "fr",
    "ES": "es",
    "FR": "fr",
    "DE": "de",
    "NL": "nl",
    "PL": "pl",
    "IT": "it",
    "MX": "es",
    "CO": "es",
    "AR": "es",
    "CL": "es",
    "PE": "es",
    "BR": "pt",
    "IN": "hi",
    "PH": "tl",
    "JP": "ja",
    "KE": "sw",
    "TN": "ar",
    "US-PR": "es",
}
THIRD_LANGUAGES = weighted("""
zh 2, yue, vi 2, tl 2, ko 2, ar 2, ru 2, pt 2, ht 2, fa, prs 0.5, ps 0.5, uk 1.5, pl, de, it, nl 0.4, hi 1.5, ur, bn, pa,
so 1.5, am, sw, ase 6, nv 0.7, he 0.7, el 0.5, ja
""")
LANGUAGE_OF_CULTURE = {
    "hispanic": "es",
    "iberian": "es",
    "french": "fr",
    "haitian": "ht",
    "portuguese": "pt",
    "italian": "it",
    "german": "de",
    "dutch": "nl",
    "slavic": "pl",
    "cyrillic": "uk",
    "greek": "el",
    "arabic": "ar",
    "arabic_script": "ar",
    "hebrew": "he",
    "persian": "fa",
    "south_asian": "hi",
    "chinese": "zh",
    "chinese_script": "zh",
    "japanese": "ja",
    "japanese_script": "ja",
    "korean": "ko",
    "korean_script": "ko",
    "vietnamese": "vi",
    "filipino": "tl",
    "east_african": "so",
    "native": "nv",
}
CULTURES_US = weighted("""
anglo 20, southern 9, black_american 12, hispanic 15, irish_welsh 4, french 2, haitian 1.5, italian 3, german 3, dutch 1.5,
scandinavian 3, slavic 3, cyrillic 0.7, greek 1, arabic 2.5, arabic_script 0.4, hebrew 1.5, persian 1.2, south_asian 4,
tamil 0.4, chinese 2.5, chinese_script 0.4, japanese 1, korean 1.8, korean_script 0.4, vietnamese 2, filipino 2.2,
thai_khmer 0.9, west_african 2.5, east_african 1.5, southern_african 0.3, native 1.8, pacific 1.2, portuguese 1, turkish 0.5,
indonesian 0.4, short 1, comma 0.6, iberian 0.5
""")
CULTURES_OF = {
    "CA-QC": "french 8, haitian 2, arabic 1, anglo 1",
    "GB": "anglo 6, irish_welsh 3, south_asian 2, west_african 1",
    "IE": "irish_welsh 8, slavic 1",
    "ES": "iberian 8, hispanic 2, arabic 1",
    "FR": "french 8, arabic 2, west_african 1",
    "DE": "german 7, turkish 2, cyrillic 1",
    "NL": "dutch 7, turkish 1",
    "PL": "slavic",
    "SE": "scandinavian 6, persian 1",
    "IT": "italian",
    "MX": "hispanic",
    "CO": "hispanic",
    "AR": "hispanic 4, italian 2",
    "CL": "hispanic",
    "PE": "hispanic",
    "BR": "portuguese",
    "AU": "anglo 5, greek 1, chinese 1",
    "NZ": "anglo 4, pacific 3",
    "IN": "south_asian 5, tamil 2",
    "PH": "filipino",
    "JP": "japanese 1, japanese_script 2",
    "KE": "east_african",
    "ZA": "southern_african",
    "TN": "arabic 2, arabic_script 2",
    "US-PR": "hispanic",
    "US-HI": "pacific 4, japanese 2, filipino 2, anglo 1",
}

# employers: the big ones are written in several ways; the places of work they run; where
BIG_EMPLOYERS = (
    (
        (
            "Quillhaven County Crisis Services",
            "Quillhaven Co. Crisis Svcs",
            "QUILLHAVEN COUNTY CRISIS SERVICES",
            "Quillhaven County Crisis Service",
        ),
        "crisis_line_988 5, mobile_crisis_team 6, crisis_stabilisation_unit 4, crisis_receiving_centre 3, text_chat_line 2, community_mental_health 2",
        "US-OH US-PA US-MI US-IN US-KY",
    ),
    (
        ("Open Lantern Lifeline", "Open Lantern", "open lantern lifeline", "Open-Lantern Lifeline Inc."),
        "crisis_line_988 8, text_chat_line 6, youth_helpline 5, warmline 3",
        "US",
    ),
    (
        ("St. Brannoc Medical Center", "Saint Brannoc Medical Centre", "St Brannoc Med Ctr", "St. Brannoc"),
        "emergency_department 8, inpatient_psychiatry 6, medical_hospital 5, crisis_stabilisation_unit 2, integrated_primary_care 2",
        "US-IL US-WI US-MN US-IA US-MO",
    ),
    (
        ("Cinderhill Police Department", "Cinderhill PD", "City of Cinderhill Police Dept."),
        "law_enforcement_cit 8, co_responder_team 5, crisis_negotiation_unit 4, victim_crisis_response 2",
        "US-TX US-OK US-LA US-AR",
    ),
    (
        ("Three Rivers Bend Emergency Communications", "Three Rivers Bend 911", "TRB Emergency Comms"),
        "dispatch_911 10",
        "US-GA US-FL US-NC US-SC US-TN US-AL US-VA",
    ),
    (
        ("Marlowe Ridge Behavioral Health", "Marlowe Ridge BH", "Marlowe Ridge Behavioural Health"),
        "community_mental_health 6, substance_use_clinic 4, mobile_crisis_team 3, peer_respite 4, detox_residential_sud 4, telehealth 2",
        "US-CA US-OR US-WA US-NV US-AZ",
    ),
    (
        ("Saltmarsh Unified School District", "Saltmarsh USD", "saltmarsh unified"),
        "school_k12 10",
        "US-CA US-NY US-NJ US-MA US-MD US-CT",
    ),
    (
        ("Harbour & Hearth", "Harbor and Hearth", "Harbor & Hearth Shelter Network"),
        "dv_shelter 8, dv_sa_hotline 5, sexual_assault_centre 4, homeless_shelter 4, homeless_outreach 3, child_advocacy_centre 2",
        "US-NY US-NJ US-MA US-PA US-MD US-VA US-DC",
    ),
    (
        ("Bridgefolk International", "Bridgefolk Intl.", "BRIDGEFOLK"),
        "refugee_humanitarian 10, disaster_response 6",
        "US CA-ON CA-QC FR GB DE MX CO KE TN",
    ),
)
SMALL_PLACES = (
    "Aldercombe",
    "Brackwater",
    "Thistledown",
    "Kestrel Bay",
    "Fernmoor",
    "Oakhollow",
    "Wrenfield",
    "Penderrow",
    "Ravensford",
    "Larkspur Flats",
    "Hollowbrook",
    "Juniper Gap",
    "Mistral Point",
    "Copperleigh",
    "Elmsworth",
    "Gantry Hill",
    "Stonecrop",
    "Birchmere",
    "Tidewell",
    "Amberley Forks",
    "Windle",
    "Sagebrush Mesa",
    "Otterburn Lake",
    "Pale Creek",
    "Yarrowdale",
    "Castlemoss",
    "Duskwater",
    "Millrace",
    "Norwood Shoals",
)
SMALL_KINDS = {
    "crisis_line_988": "Crisis Center|Lifeline|Distress Centre",
    "text_chat_line": "Text Line|Chat Line",
    "warmline": "Warm Line|Peer Line",
    "dispatch_911": "Emergency Dispatch|911 Center",
    "info_referral_211": "211|Community Information Line",
    "youth_helpline": "Youth Line|Teen Line",
    "dv_sa_hotline": "Safe Line|Advocates",
    "mobile_crisis_team": "Mobile Crisis|Mobile Response",
    "co_responder_team": "Co-Response Unit",
    "law_enforcement_cit": "Police Department|County Sheriff",
    "crisis_negotiation_unit": "Police Department",
    "fire_ems": "Fire & Rescue|EMS|Ambulance District",
    "victim_crisis_response": "Victim Response",
    "homeless_outreach": "Street Outreach",
    "crisis_stabilisation_unit": "Stabilization Center",
    "crisis_receiving_centre": "Crisis Receiving Center",
    "peer_respite": "Respite House",
    "emergency_department": "General Hospital|Memorial Hospital",
    "inpatient_psychiatry": "Psychiatric Hospital|Behavioral Hospital",
    "detox_residential_sud": "Recovery Center",
    "community_mental_health": "Community Mental Health|Counseling Center",
    "substance_use_clinic": "Treatment Clinic",
    "integrated_primary_care": "Family Medicine",
    "private_practice": "Therapy Associates",
    "telehealth": "Telecare",
    "medical_hospital": "Medical Center|Hospice",
    "school_k12": "Public Schools|School Division",
    "university_campus": "State College|University",
    "academia_research": "University|Institute for Crisis Studies",
    "training_organisation": "Training Academy",
    "jail_prison": "County Jail",
    "courts": "District Court",
    "probation_parole": "Probation",
    "juvenile_justice": "Youth Services",
    "child_protection": "Children's Services",
    "child_advocacy_centre": "Child Advocacy Center",
    "dv_shelter": "Women's Shelter|Refuge",
    "sexual_assault_centre": "Sexual Assault Center",
    "homeless_shelter": "Shelter",
    "adult_protective_services": "Adult Protection",
    "military_base": "Air Station",
    "veterans_services": "Vet Center",
    "disaster_response": "Relief Corps",
    "refugee_humanitarian": "Welcome House",
    "faith_community": "Interfaith Council",
    "employer_eap": "Employee Assistance",
    "responder_peer_support": "Responder Peer Team",
    "tribal_indigenous_services": "Native Health",
    "government_policy": "County Behavioral Health Authority",
    "rural_service": "Rural Clinic",
}
NOT_IN_THE_VOCABULARY = {
    "skills": ("horse therapy", "ham radio", "sand tray", "knitting circle facilitation", "tactical breathing drills"),
    "settings": ("cruise ship", "oil rig infirmary", "poison control desk", "ski patrol hut"),
    "goals": ("write a memoir about nights", "learn to drive the van", "start a podcast"),
    "credentials": ("Reiki level II", "forklift licence", "lifeguard badge"),
    "disciplines": ("occupational therapy", "art therapy", "librarian"),
    "formats": ("walking side by side", "letters on paper"),
    "languages": ("Michif", "Plautdietsch"),
}
